#!/usr/bin/env python3
"""Scores `limier rows` on the SQLite Forensic Corpus and on the WAL and journal cases of the test corpus.

  sqlite_rows.py [--limier PATH] [--corpus DIR] [--keep DIR] [--json]

All databases of the corpus go into one ext4 image, which is triaged; every row comes out of `limier rows --all --json`.
The corpus' own scorer counts. Fragments are given by limier apart from whole rows and are counted apart here; SQLite's own
tables (sqlite_sequence, sqlite_stat1, ...) are in no key and left out. Needs mke2fs.
"""
import argparse
import importlib.util
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent


def load_scorer(corpus):
    spec = importlib.util.spec_from_file_location('sqlite_score', corpus / 'tools' / 'sqlite_score.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def make_image(folder, image):
    size = sum(f.stat().st_size for f in folder.rglob('*') if f.is_file())
    with open(image, 'wb') as f:
        f.truncate(max(16 << 20, 2 * size))
    subprocess.run(['mke2fs', '-q', '-t', 'ext4', '-d', folder, image], check=True, stdin=subprocess.DEVNULL)


def rows_of(limier, folder, work, options=()):
    """Every row of the databases below a folder, as `limier rows` gives them."""
    image, case = work / 'disk' / 'disk.img', work / 'case'
    image.parent.mkdir()
    make_image(folder, image)
    done = subprocess.run([limier, 'triage', image, '--out', case, '--authority', 'training', '--quiet'],
                          capture_output=True, text=True)
    if done.returncode not in (0, 5):
        sys.exit(done.stderr)
    done = subprocess.run([limier, 'rows', case, '--all', '--json', *options], capture_output=True, text=True)
    if done.returncode not in (0, 5):
        sys.exit(done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]


def for_scorer(rows):
    """-> whole rows as the scorer wants them, and how many fragments there are."""
    out, fragments = [], 0
    for row in rows:
        if (row['table'] or '').startswith('sqlite_'):
            continue
        if row['state'] == 'fragment':
            fragments += 1
            continue
        out.append({'db': row['path'], 'table': row['table'], 'values': row['values'], 'state': row['state'],
                    'source': row['source'], 'page': row['page'], 'offset': row['offset']})
    return out, fragments


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--limier', default=str(ROOT / 'build' / 'release' / 'bin' / 'limier'))
    p.add_argument('--corpus', type=pathlib.Path, default=ROOT.parent / 'shared' / 'corpus')
    p.add_argument('--keep', type=pathlib.Path, help='folder for rows.jsonl')
    p.add_argument('--json', action='store_true')
    a = p.parse_args()
    score = load_scorer(a.corpus)
    with tempfile.TemporaryDirectory(prefix='limier-sqlite-') as folder:
        work = pathlib.Path(folder)
        shutil.copytree(a.corpus / 'artefacts' / 'sqlite-nem', work / 'files')
        for root, folders, files in os.walk(work / 'files'):
            for name in folders + files:
                os.chmod(os.path.join(root, name), 0o755)
        rows, fragments = for_scorer(rows_of(a.limier, work / 'files', work))
    if a.keep:
        a.keep.mkdir(parents=True, exist_ok=True)
        with open(a.keep / 'rows.jsonl', 'w', encoding='utf-8') as f:
            for row in rows:
                f.write(json.dumps(row) + '\n')
    out = score.score(score.read_keys([a.corpus / 'expected' / 'artefacts' / 'sqlite-nem.json']), rows)[0]
    if a.json:
        print(json.dumps({name: score.figures(c) for name, c in sorted(out.items())}, indent=1))
    else:
        print(score.table(out))
        print('%d fragments, not in the table' % fragments)
    return 0


if __name__ == '__main__':
    sys.exit(main())
