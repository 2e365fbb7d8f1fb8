"""Evidence is looked at before and after limier: bytes, size, times, mode, and what stands beside it in its folder."""
import contextlib
import hashlib
import os
import pathlib

# Set by scripts/test-read-only: the evidence of every run cannot be written to, by root neither.
READ_ONLY = os.environ.get("LIMIER_TEST_READ_ONLY") == "1"
# Mounts its first $1 arguments read-only over themselves, where only the rest, which it becomes, sees it.
MOUNTED = """n=$1; shift
while [ "$n" -gt 0 ]; do
  mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" || exit 99
  shift; n=$((n - 1))
done
exec "$@"
"""
LARGEST_DIGESTED = 256 << 20  # of larger files the times tell: nobody writes to a file without moving its ctime


def digest_of(path):
    """SHA-256, read without moving the time of access where the system allows it."""
    flags = os.O_RDONLY | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags | os.O_NOATIME)
    except PermissionError:
        descriptor = os.open(path, flags)
    with open(descriptor, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


class EvidenceGuard:
    """`access_times`: also those, which limier keeps where it may (owner of the file, or root). `folder`: also what stands
    beside the evidence."""

    def __init__(self, files, access_times=True, folder=True):
        self.files = [pathlib.Path(path) for path in files if pathlib.Path(path).is_file()]
        self.access_times, self.folder = access_times, folder
        self.digests = self._digests()  # reading may move the time of access, so it comes first
        self.stats = self._stats()

    def changes(self):
        """One sentence for each thing that is different now."""
        found = []
        for name, before in self.stats.items():
            after = self._stats().get(name)
            if before != after:
                found.append(f"{name} was {before} and is {after}")
        if self.digests != self._digests():
            found.append("the bytes of the evidence were changed")
        return found

    def _digests(self):
        return [digest_of(path) if path.stat().st_size <= LARGEST_DIGESTED else None for path in self.files]

    def _stats(self):
        found = {}
        for folder in sorted({path.parent for path in self.files if self.folder}):
            info = folder.stat()
            found[str(folder)] = (sorted(os.listdir(folder)), info.st_mtime_ns, info.st_ctime_ns, info.st_mode)
        for path in self.files:
            info = path.lstat()
            accessed = info.st_atime_ns if self.access_times else None
            found[str(path)] = (info.st_size, info.st_mtime_ns, info.st_ctime_ns, accessed, info.st_mode, info.st_ino)
        return found


def set_of(image):
    """The files that may be segments of one set: those that differ in the extension only."""
    image = pathlib.Path(image)
    return [path for path in sorted(image.parent.iterdir()) if path.stem == image.stem and path.is_file()]


def read_only(files):
    """What to put before a command so that it sees these files on a read-only medium; nothing unless that is asked for."""
    if not READ_ONLY:
        return []
    return ["unshare", "--mount", "sh", "-c", MOUNTED, "sh", str(len(files)), *map(str, files)]


@contextlib.contextmanager
def guarded(arguments, other_user=False):
    """Around one call of limier with these arguments; whatever a test is about, evidence that changed fails it. Gives
    what to put before the command (`read_only`)."""
    words = [str(word) for word in arguments]
    named = next((word for word in words[1:] if os.path.isfile(word)), None)
    if not words or words[0] not in ("triage", "info", "verify") or named is None or not os.access(named, os.R_OK):
        yield []
        return
    owner = os.geteuid() in (0, os.stat(named).st_uid) and not other_user
    # Whoever allows it gets the case folder beside the evidence.
    guard = EvidenceGuard(set_of(named), access_times=owner, folder="--allow-beside-evidence" not in words)
    yield read_only(guard.files)
    changes = guard.changes()
    if changes:
        raise AssertionError(f"limier {words[0]} changed the evidence: {'; '.join(changes)}")
