# Sourced: makes a virtual environment with a Python that fits.
# shellcheck shell=sh

fits() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' >/dev/null 2>&1
}

find_python() {
    # The candidates are run, not looked up: a version manager's shim may exist and yet fail.
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if fits "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    echo "Python 3.11, 3.12 or 3.13 is needed (tried: ${PYTHON:-python3 and python3.11 to 3.13})." >&2
    echo "Name one: make PYTHON=/path/to/python3.12 …" >&2
    return 1
}

make_venv() { # FOLDER
    python=$(find_python) || return 1
    if ! "$python" -c 'import ensurepip' 2>/dev/null; then
        sh scripts/system-packages.sh python3-venv || return 1
    fi
    "$python" -m venv --clear "$1"
}
