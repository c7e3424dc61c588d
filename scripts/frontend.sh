#!/bin/sh
# Runs one of the panel's scripts (labextension/package.json) with the node that .venv has,
# or the machine's.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
export PATH
cd labextension
[ -d node_modules ] || jlpm install --immutable
jlpm run "$@"
