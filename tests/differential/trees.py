"""Random trees: what a volume is filled with."""
import os

ODD_NAMES = ["a b", " leading", "trailing ", "dot.", "UPPER.TXT", "upper.txt", "MiXeD.Txt", "é", "e\u0301", "ñandú.doc", "日本語.txt", "Ω", "ω", "\U0001F600.png",
             "a" * 64 + ".long", "x" * 100, "name;1", "100%", "#hash", "semi;colon", "comma,name", "plus+plus", "eq=eq", "[br]", "quote'", "tab_", "ⅷ", "ß", "ss", "ｆｕｌｌ",
             "$dollar", "~tilde~1", "LONGNA~1.TXT", "longname with blanks.txt", ".hidden", "..twodots", "con", "nul.txt", "A.B.C.D", "no_ext", "1", "0" * 12 + ".00"]
TARGETS = ["target", "../up", "/abs/" + "d/" * 20, "t" * 59, "t" * 60, "t" * 61, "ö" * 100, "long/" * 40]
SIZES = [0, 1, 59, 60, 61, 155, 511, 512, 513, 1023, 1024, 1025, 2048, 4095, 4096, 4097, 8192, 12345, 65535, 65536, 65537, 200_001, 1_048_577]


def content(random, size):
    kind = random.randrange(4)
    if kind == 0:
        return random.randbytes(size)
    if kind == 1:
        return (b"The quick brown fox jumps over the lazy dog. %d\n" % random.randrange(10 ** 6) * (size // 40 + 1))[:size]
    if kind == 2:
        return bytes(size)
    return (random.randbytes(997) * (size // 997 + 1))[:size]


class Names:
    """Names that fit a file system: each once, also where it does not tell upper from lower case."""

    def __init__(self, random, longest=255, fits=lambda name: True, fold=False):
        self.random, self.longest, self.fits, self.fold, self.used = random, longest, fits, fold, set()

    def new(self, folder):
        for _ in range(1000):
            kind = self.random.randrange(5)
            if kind < 2:
                name = self.random.choice(ODD_NAMES)
            elif kind == 2:
                name = "".join(self.random.choice("abcdefghijklmnopqrstuvwxyz0123456789_-. ") for _ in range(self.random.randrange(1, 200))).strip() or "x"
            else:
                name = f"file{self.random.randrange(10 ** 6)}.{self.random.choice(['txt', 'jpg', 'db', 'html', 'x'])}"
            name = name.encode("utf-8")[:self.longest].decode("utf-8", "ignore")
            key = (folder, name.casefold() if self.fold else name)
            if name not in (".", "..") and self.fits(name) and key not in self.used:
                self.used.add(key)
                return name
        raise ValueError("no name is left")


class Filler:
    """Fills a folder (a mounted volume, or what a tool makes one of) with files, links and deletions."""

    def __init__(self, random, root, names, *, links=True, hard_links=True, sparse=True, xattrs=False, odd_times=True,
                 times=(0, 4102444799), depth=4, largest=1 << 20, targets=TARGETS):
        self.random, self.root, self.names = random, root, names
        self.links, self.hard_links, self.sparse, self.xattrs = links, hard_links, sparse, xattrs
        self.odd_times, self.times, self.depth, self.largest = odd_times, times, depth, largest
        self.folders, self.files, self.targets = [""], [], targets
        self.ever = set()  # digests of all content that was ever written

    def path(self, inner):
        return os.path.join(self.root, inner)

    def run(self, steps):
        for _ in range(steps):
            action = self.random.choices([self.file, self.folder, self.link, self.hard_link, self.hole, self.remove, self.grow, self.move],
                                         [60, 12, 6 if self.links else 0, 4 if self.hard_links else 0, 6 if self.sparse else 0, 14, 6, 4])[0]
            try:
                action()
            except OSError as error:
                if error.errno not in (28, 36, 22, 95, 1, 31, 84, 17):  # full, too long, invalid, not supported, a name that is there in other letters
                    raise
        self.set_times()

    def place(self):
        folder = self.random.choice(self.folders)
        return os.path.join(folder, self.names.new(folder)) if folder else self.names.new(folder)

    def write(self, inner, data, mode="wb"):
        with open(self.path(inner), mode) as file:
            file.write(data)
        if self.xattrs and self.random.randrange(3) == 0:
            for number in range(self.random.randrange(1, 4)):
                os.setxattr(self.path(inner), f"user.x{number}", self.random.randbytes(self.random.choice([0, 1, 20, 200, 900])))

    def file(self):
        inner = self.place()
        self.write(inner, content(self.random, min(self.random.choice(SIZES), self.largest)))
        self.files.append(inner)

    def folder(self):
        inner = self.place()
        if inner.count("/") >= self.depth:
            return
        os.mkdir(self.path(inner))
        self.folders.append(inner)
        for number in range(self.random.choice([0, 0, 3, 60])):
            self.write(os.path.join(inner, f"n{number:03}"), b"%d" % number)

    def link(self):
        inner = self.place()
        os.symlink(self.random.choice(self.targets), self.path(inner))

    def hard_link(self):
        if self.files:
            os.link(self.path(self.random.choice(self.files)), self.path(self.place()))

    def hole(self):
        inner = self.place()
        with open(self.path(inner), "wb") as file:
            for _ in range(self.random.randrange(0, 4)):
                file.seek(self.random.randrange(0, min(self.largest, 700_000)))
                file.write(self.random.randbytes(self.random.randrange(1, 5000)))
            file.truncate(max(file.tell(), self.random.randrange(0, self.largest)))
        self.files.append(inner)

    def remove(self):
        if self.files:
            inner = self.files.pop(self.random.randrange(len(self.files)))
            self.note(inner)
            os.remove(self.path(inner))

    def grow(self):
        if self.files:
            inner = self.random.choice(self.files)
            self.note(inner)
            self.write(inner, content(self.random, self.random.choice([1, 100, 5000, 70_000])), "ab")

    def move(self):
        if self.files:
            at = self.random.randrange(len(self.files))
            inner = self.place()
            os.rename(self.path(self.files[at]), self.path(inner))
            self.files[at] = inner

    def note(self, inner):
        import entries
        self.ever.add(entries.sha256_of(self.path(inner)))

    def set_times(self):
        if not self.odd_times:
            return
        low, high = self.times
        for folder, folders, files in os.walk(self.root, topdown=False):
            for name in files + folders:
                stamps = tuple(self.random.randrange(low, high) * 10 ** 9 + self.random.choice([0, 1, 100, 999_999_999, self.random.randrange(10 ** 9)]) for _ in range(2))
                try:
                    os.utime(os.path.join(folder, name), ns=stamps, follow_symlinks=False)
                except OSError:
                    pass  # a file system that keeps no such time
