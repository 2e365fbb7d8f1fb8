"""Measures a rule pack on a set of labelled messages: puts them on a made-up index, runs the rules on it and prints what
the set's scorer says.   measure.py SET.jsonl SCORER.py [--rules PATH] [--keep PREDICTIONS]

The set is JSONL with id, text and, in conversations, thread, seq, sender, minute. Messages lie within 30 days.
"""
import argparse
import json
import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(os.environ.get("LIMIER_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
LIMIER = os.environ.get("LIMIER", str(SOURCE / "build/release/bin/limier"))
START_NS = 1_738_000_000 * 10**9
MINUTE_NS = 60 * 10**9
APPLICATION_ID = 0x4C494D52
COLUMNS = (
    "message_id INTEGER PRIMARY KEY, service, thread, thread_name, direction, sender, sender_name, recipients, t, t_ns, "
    "received, received_ns, edited, edited_ns, body, kind, service_id, attachments, deleted, file_id, content_id, locator, state, source"
)


def schema_version():
    text = (SOURCE / "include/limier/store.h").read_text(encoding="utf-8")
    return int(text.split("kSchemaVersion = ")[1].split(";")[0])


def make_index(folder, messages):
    """An index with messages alone: each single one a thread of its own, an hour apart."""
    db = sqlite3.connect(folder / "index.db")
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    db.execute(f"PRAGMA user_version = {schema_version()}")
    db.execute(f"CREATE TABLE v_message({COLUMNS})")
    starts = {}
    for number, row in enumerate(messages, 1):
        thread = row.get("thread") or f"single {row['id']}"
        start = starts.setdefault(thread, START_NS + len(starts) * 60 * MINUTE_NS)
        db.execute(
            "INSERT INTO v_message(message_id, service, thread, sender, t_ns, body, kind, deleted, file_id, content_id, "
            "locator) VALUES (?, 'chat', ?, ?, ?, ?, 'text', 0, 1, 1, ?)",
            (number, thread, row.get("sender"), start + int(row.get("minute", 0) * MINUTE_NS) + number, row["text"], f"row:{number}"),
        )
    db.commit()
    db.close()


def run_rules(messages, rules=None):
    """The report of `limier rules run` on these messages."""
    with tempfile.TemporaryDirectory() as folder:
        make_index(pathlib.Path(folder), messages)
        command = [LIMIER, "rules", "run", folder, "--json"] + (["--rules", rules] if rules else [])
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
        return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("messages", type=pathlib.Path)
    parser.add_argument("scorer")
    parser.add_argument("--rules")
    parser.add_argument("--keep", type=pathlib.Path)
    parser.add_argument("rest", nargs="*", help="for the scorer")
    args, rest = parser.parse_known_args()
    messages = [json.loads(line) for line in args.messages.read_text(encoding="utf-8").splitlines()]
    report = run_rules(messages, args.rules)
    lines = [
        json.dumps({"id": messages[f["subject_id"] - 1]["id"], **{k: f[k] for k in ("priority", "score", "rank", "reason")}},
                   ensure_ascii=False)
        for f in report["findings"]
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = args.keep or pathlib.Path(folder) / "predictions.jsonl"
        path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        subprocess.run([sys.executable, "-B", args.scorer, str(args.messages), str(path), *rest], check=True)


if __name__ == "__main__":
    main()
