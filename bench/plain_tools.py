#!/usr/bin/env python3
"""One triage against the plain tools an examiner would run instead over the same bytes, and what parts of a triage cost.

  plain_tools.py FOLDER [--image FILE] [--size 3G] [--rounds 3] [--before LIMIER] [--only tools,parts]

FOLDER holds the files (as mounted); of them an ext4 image is made where IMAGE is not there yet (mke2fs -d). `tools`: sha256sum, file, strings
and grep, each alone and in sum, against `triage --profile standard --keywords` with ten words. `parts`: triage in its profiles, with
no, ten and a thousand keywords, and the same by another build (--before), with the size of the index. Everything is run in turn, ROUNDS times,
the output of the tools thrown away; CPU seconds are medians. LIMIER names the program.
"""
import argparse
import os
import pathlib
import random
import shlex
import statistics
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import tools
from runs import Run

EMAIL = r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}"
URL = r"https?://[A-Za-z0-9._~:/?#@!$&()*+,;=%-]+"
SYLLABLES = ("ba", "de", "ki", "lo", "mu", "ra", "se", "ti", "vo", "zu", "kra", "ste", "plo", "nu", "ge", "wi")


def words(count):
    """Made up; some of the short ones are in any system by chance."""
    numbers = random.Random(7)
    found = {}
    while len(found) < count:
        found["".join(numbers.choice(SYLLABLES) for _ in range(numbers.randint(3, 5)))] = None
    return list(found)


def plain(folder, image, few):
    # grep stops at the first line it finds when its output is /dev/null itself.
    files = f"find {folder} -xdev -type f -print0 | xargs -0"
    return [
        ("`sha256sum` of the image", f"sha256sum {image} > /dev/null"),
        ("`sha256sum` of every file", f"{files} sha256sum > /dev/null"),
        ("`file --mime-type` of every file", f"{files} file -b --mime-type > /dev/null"),
        ("`strings` of the image", f"strings -a -n 6 -t d {image} > /dev/null"),
        ("`strings -e l` of the image (UTF-16)", f"strings -a -n 6 -t d -e l {image} > /dev/null"),
        ("`grep -a` for e-mail addresses", f"LC_ALL=C grep -a -o -b -E {shlex.quote(EMAIL)} {image} | wc -c > /dev/null"),
        ("`grep -a` for URLs", f"LC_ALL=C grep -a -o -b -E {shlex.quote(URL)} {image} | wc -c > /dev/null"),
        ("`grep -a -i -F` for ten words", f"LC_ALL=C grep -a -o -b -i -F -f {few} {image} | wc -c > /dev/null"),
        ("`strings -e l`, `grep -i -F` for ten words", f"strings -a -n 6 -t d -e l {image} | LC_ALL=C grep -i -F -f {few} | wc -c > /dev/null"),
    ]


def parts(image, few, many, before):
    triage = lambda profile, more="", program=tools.LIMIER: (
        "rm -rf {out} && " + f"{program} triage {image} --out {{out}} --authority benchmark --profile {profile} --quiet {more}")
    found = [("`quick`", triage("quick")), ("`standard`", triage("standard")),
             ("`standard`, ten keywords", triage("standard", f"--keywords {few}")), ("`standard`, 1,000 keywords", triage("standard", f"--keywords {many}"))]
    if before:
        found += [("`standard`, the build before", triage("standard", "", before)), ("`quick`, the build before", triage("quick", "", before))]
    return found


def make_image(folder, image, size):
    image.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", "-d", str(folder), str(image), size], check=True)


def measure(commands, rounds, out):
    """By title: medians of CPU and the best wall time; sizes of the indexes."""
    cpu, wall, size = {}, {}, {}
    for number in range(rounds):
        for title, command in commands if number % 2 == 0 else reversed(commands):
            done = Run(command.replace("{out}", shlex.quote(str(out))), ok=(0, 4, 5), watch_memory=False)
            cpu.setdefault(title, []).append(done.cpu)
            wall.setdefault(title, []).append(done.wall)
            if (out / "index.db").exists() and "{out}" in command:
                size[title] = os.path.getsize(out / "index.db")
                print(f"  {title}: {done.cpu:.2f} s", file=sys.stderr)
    return {title: (statistics.median(cpu[title]), min(wall[title]), size.get(title)) for title, _ in commands}


def table(title, found):
    print(f"| {title} | CPU s | wall s, at best | index, MB |\n|---|---|---|---|")
    for name, (cpu, wall, size) in found.items():
        print(f"| {name} | {cpu:.1f} | {wall:.1f} | {'' if size is None else f'{size / 1e6:.0f}'} |")
    print()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--image", type=pathlib.Path)
    parser.add_argument("--size", default="3G")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--before", help="another build, for its own rows")
    parser.add_argument("--only", default="tools,parts")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="limier-plain-") as scratch:
        work = pathlib.Path(scratch)
        image = options.image or work / "evidence" / "files.dd"
        if not image.exists():
            make_image(options.folder, image, options.size)
        few, many = work / "ten.txt", work / "thousand.txt"
        few.write_text("\n".join(words(10)) + "\n", encoding="utf-8")
        many.write_text("\n".join(words(1000)) + "\n", encoding="utf-8")
        only = options.only.split(",")
        out = work / "case"
        if "tools" in only:
            pieces = plain(*(shlex.quote(str(path)) for path in (options.folder, image, few)))
            one = parts(*(shlex.quote(str(path)) for path in (image, few, many)), None)[2]
            found = measure([*pieces, one], options.rounds, out)
            whole = found[one[0]]
            alone = [found[name] for name, _ in pieces]
            found["all of the tools, one after the other"] = (sum(row[0] for row in alone), sum(row[1] for row in alone), None)
            table("What is run", found)
            print(f"All of the tools ÷ one triage: {sum(row[0] for row in alone) / whole[0]:.2f} of CPU, {sum(row[1] for row in alone) / whole[1]:.2f} of wall time\n")
        if "parts" in only:
            table("Triage", measure(parts(*(shlex.quote(str(path)) for path in (image, few, many)), options.before), options.rounds, out))


if __name__ == "__main__":
    main()
