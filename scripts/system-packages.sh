#!/bin/sh
# Debian packages, only those that are missing: installed as root, otherwise listed once.
#     sh scripts/system-packages.sh chromium openjdk-17-jre-headless
set -eu

missing=""
for package in "$@"; do
    case $package in
        python3-venv) false ;; # asked for only where it is missing
        openjdk-*) command -v java >/dev/null 2>&1 ;; # any Java that is there
        *) command -v "$package" >/dev/null 2>&1 ;;
    esac || missing="$missing $package"
done
# A browser without a font draws empty boxes.
case " $* " in
    *" chromium "*) [ -n "$(find /usr/share/fonts -name '*.?tf' 2>/dev/null | head -n 1)" ] ||
        missing="$missing fonts-dejavu-core" ;;
esac
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing$missing …" >&2
    export DEBIAN_FRONTEND=noninteractive
    apt-get -qq update
    # shellcheck disable=SC2086 # a list of words
    apt-get -qq install -y --no-install-recommends $missing >/dev/null
else
    echo "Missing:$missing" >&2
    echo "On Debian or Ubuntu: sudo apt-get install$missing" >&2
    exit 1
fi
