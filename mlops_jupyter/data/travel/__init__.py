"""The content of versions between machines, by DVC's own transfer and by hash.

A version's tag may know another configuration than the workspace of today, or none: what is moved
does not depend on it. `remote` is a DVC remote by hash, `telling` says what one refuses without its
secrets, `reporting` what has moved, `chosen` which contents versions need; `pushing`, `pulling` and
`verifying` are the verbs, `git_tags` and `profiles` what travels beside.
"""
