#!/usr/bin/env bash
# Makes the sample images of this folder, and their truth as JSON, from nothing but the generators beside this script.
#   samples/make_samples.sh [OUT_DIR]        default: this folder
# Needs root (ntfs-3g mounts through FUSE) and, on Debian 12, the packages that scripts/install-deps --samples installs.
# The same call gives the same bytes: contents are seeded, clocks are held by libfaketime, identifiers are fixed.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=${1:-$here}
"$here/../scripts/install-deps" --samples
[ "$(id -u)" = 0 ] || { echo "make_samples.sh: must run as root, ntfs-3g mounts through FUSE" >&2; exit 2; }
[ -e /dev/fuse ] || { echo "make_samples.sh: /dev/fuse is missing" >&2; exit 2; }
mkdir -p "$out"
export TZ=UTC LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 PYTHONHASHSEED=0
exec python3 "$here/make_samples.py" "$out"
