#!/usr/bin/env python3
"""Writes a tree of many small files: many_files.py ROOT COUNT

Fifty files to a folder, half of them so small that NTFS keeps them in the file record, the rest up to 6 KiB. The same COUNT
gives the same tree, and a larger COUNT the same mixture, so that the cost per file can be compared.
"""
import os
import random
import sys

PER_FOLDER = 50
SMALL_UP_TO, LARGE_UP_TO = 600, 6144
POOL_BYTES = 1 << 20


def main():
    root, count = sys.argv[1], int(sys.argv[2])
    draw = random.Random(42)
    pool = draw.randbytes(POOL_BYTES)
    folder = None
    for number in range(count):
        if number % PER_FOLDER == 0:
            group = number // PER_FOLDER
            folder = f"{root}/d{group // 1000:03d}/e{group % 1000 // 30:02d}/f{group % 30:02d}"
            os.makedirs(folder, exist_ok=True)
        size = draw.randrange(8, SMALL_UP_TO if number % 2 else LARGE_UP_TO)
        at = draw.randrange(POOL_BYTES - size)
        file = os.open(f"{folder}/document-{number:07d}.txt", os.O_WRONLY | os.O_CREAT, 0o644)
        os.write(file, number.to_bytes(8, "little") + pool[at + 8:at + size])
        os.close(file)


if __name__ == "__main__":
    main()
