"""UFS1 and UFS2 in both byte orders: made by makefs from a folder, which is the truth."""
import os
import tempfile

import entries
from tools import need, run
from trees import Filler, Names

TOLERANCE = {"modified_ns": 10 ** 9}


def make(random, folder):
    need("makefs")
    image = os.path.join(folder, "ufs.img")
    block = random.choice([8192, 16384, 32768])
    with tempfile.TemporaryDirectory() as source:
        filler = Filler(random, source, Names(random, fits=lambda n: "/" not in n), times=(0, 2147483647), largest=400_000)
        filler.run(random.randrange(20, 120))
        expected = entries.read_folder(source, times=("modified_ns",))
        command = ["makefs", "-t", "ffs", "-b", "25%", "-f", "30%", "-B", random.choice(["le", "be"]), "-o", f"version={random.choice([1, 2])},bsize={block},fsize={block // random.choice([1, 2, 8])}", image, source]
        run(*command)
    return {"image": image, "entries": expected, "ever": filler.ever, "what": " ".join(command[1:-2])}
