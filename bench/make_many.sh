#!/usr/bin/env bash
# Builds two devices with the same many small files: NTFS and ext4, raw.
#   make_many.sh OUT_DIR COUNT
# Needs python3, ntfs-3g (FUSE, root) and e2fsprogs. Leaves ntfs-COUNT.raw and ext4-COUNT.raw in OUT_DIR.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=$1 count=$2
mkdir -p "$out"
out=$(cd "$out" && pwd)
# A file takes 1 KiB of MFT and half of them up to 8 KiB more; folders and the file system's own take the rest.
size=$(( count * 6144 + (256 << 20) ))
ntfs=$out/ntfs-$count.raw ext4=$out/ext4-$count.raw mnt=$out/mnt-$count
rm -f "$ntfs" "$ext4"
truncate -s "$size" "$ntfs.part"
mkntfs -q -F -f -c 4096 -p 0 -H 16 -S 63 -L MANY "$ntfs.part" >/dev/null
mkdir -p "$mnt"
trap 'fusermount -uz "$mnt" 2>/dev/null || true' EXIT
unmount_it() { sync -f "$mnt"; fusermount -u "$mnt"; while pgrep -f "ntfs-3g.*$ntfs.part" >/dev/null; do sleep 0.2; done; }
ntfs-3g -o noatime,big_writes "$ntfs.part" "$mnt"
mkdir "$mnt/data"
python3 "$here/many_files.py" "$mnt/data" "$count"
unmount_it
ntfs-3g -o ro,noatime "$ntfs.part" "$mnt"
rm -f "$ext4.part"
mke2fs -q -t ext4 -F -L MANY -N $(( count + count / 20 + 1000 )) -E lazy_itable_init=0,nodiscard -d "$mnt/data" "$ext4.part" "$(( size >> 10 ))k"
unmount_it
trap - EXIT
rmdir "$mnt"
mv "$ext4.part" "$ext4"
mv "$ntfs.part" "$ntfs"
