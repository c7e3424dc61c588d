"""Many runs of one notebook, each with other parameters."""
