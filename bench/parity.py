"""Are the digests the same as those of the tools an examiner trusts? Nothing here depends on the machine."""
import re
import sqlite3
import subprocess

import tools

HASHED = "md5 IS NOT NULL AND meta_addr IS NOT NULL"


class Parity:
    """What was compared, and the few words about each difference."""

    def __init__(self):
        self.compared = 0
        self.without_ours = 0  # The Sleuth Kit has a digest; limier says why it has none
        self.differences = []

    @property
    def ok(self):
        return not self.differences and self.compared > 0

    def __str__(self):
        text = f"{self.compared} equal" if self.ok else f"{len(self.differences)} of {self.compared} differ"
        return text + (f", {self.without_ours} not vouched for by limier" if self.without_ours else "")


def streams(folder, loaddb):
    """Every stream that tsk_loaddb hashed, by inode and attribute, against the index in `folder`.

    limier gives a digest where the content can be shown to be intact, so a deleted file whose clusters belong to another
    one is counted, not compared; everything else must be there and equal."""
    found = Parity()
    ours = {}
    for inode, kind, number, md5, state in tools.rows(
        folder, "SELECT inode, attr_type, attr_id, md5, content_state FROM v_file WHERE inode IS NOT NULL"
    ):
        key = (inode, kind, number)
        if key not in ours or ours[key][0] is None:
            ours[key] = (md5, state)
    connection = sqlite3.connect(f"file:{loaddb}?mode=ro", uri=True)
    try:
        theirs = connection.execute(
            f"SELECT meta_addr, attr_type, attr_id, md5, size, parent_path || name FROM tsk_files WHERE {HASHED}"
        ).fetchall()
    finally:
        connection.close()
    for inode, kind, number, md5, _size, path in theirs:
        mine, state = ours.get((inode, kind, number), (None, None))
        if mine == md5:
            found.compared += 1
        elif mine is None and state not in (None, "complete", "recovered"):
            found.without_ours += 1
        else:
            found.compared += 1
            found.differences.append(f"{path} (inode {inode}, attribute {kind}-{number}): {mine} instead of {md5} ({state})")
    return found


def icat(folder, image, offset_sectors=0, limit=400):
    """The same against icat, for file systems where tsk_loaddb counts attributes differently: the first `limit` files."""
    found = Parity()
    for inode, kind, number, md5, path in tools.rows(
        folder,
        "SELECT inode, attr_type, attr_id, md5, path FROM v_file WHERE md5 IS NOT NULL AND kind = 'file' AND allocated "
        f"AND inode IS NOT NULL AND attr_type IS NOT NULL ORDER BY md5 LIMIT {limit}",
    ):
        command = f"icat -o {offset_sectors} {image} {inode}-{kind}-{number} | md5sum"
        said = subprocess.run(command, shell=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout
        theirs = said.decode().split()[0]
        found.compared += 1
        if theirs != md5:
            found.differences.append(f"{path}: {md5} instead of {theirs}")
    return found


def media(folder, image):
    """The media digests of the index against those ewfverify computes."""
    found = Parity()
    said = subprocess.run(
        ["ewfverify", "-d", "sha1", str(image)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False
    ).stdout.decode(errors="replace")
    ((md5, sha1),) = tools.rows(folder, "SELECT md5, sha1 FROM v_evidence")
    for name, mine in (("MD5", md5), ("SHA1", sha1)):
        computed = re.search(rf"^{name} hash calculated over data:\s*([0-9a-f]+)", said, re.M)
        if not computed:
            continue
        found.compared += 1
        if computed.group(1) != mine:
            found.differences.append(f"media {name}: {mine} instead of {computed.group(1)}")
    return found
