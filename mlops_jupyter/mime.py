"""The MIME type of Results in a notebook's outputs; apart, since loading needs no Results."""

MIME_TYPE = "application/vnd.mlops-jupyter.result+json"
