"""A phone image made at test time: an ext4 volume with an Android message store, its log not folded in."""
import shutil
import sqlite3

import images

STORE = "data/com.android.providers.telephony/databases/mmssms.db"
FIRST_MS = 1_700_000_000_000
# Made up for the tests; nothing of it is from anywhere else.
PLAIN = ["Boodschappen: melk, brood, kaas", "Ik ben er om acht uur", "Merci pour hier soir", "Der Zug hat Verspätung",
         "See you at the station", "Zeg, heb jij mijn fiets gezien?"]


def schema(db):
    db.executescript("""
        CREATE TABLE sms (_id INTEGER PRIMARY KEY, thread_id INTEGER, address TEXT, person INTEGER, date INTEGER,
          date_sent INTEGER DEFAULT 0, protocol INTEGER, read INTEGER DEFAULT 0, status INTEGER DEFAULT -1,
          type INTEGER, reply_path_present INTEGER, subject TEXT, body TEXT, service_center TEXT,
          locked INTEGER DEFAULT 0, error_code INTEGER DEFAULT 0, seen INTEGER DEFAULT 0);
        CREATE TABLE threads (_id INTEGER PRIMARY KEY AUTOINCREMENT, date INTEGER DEFAULT 0,
          message_count INTEGER DEFAULT 0, recipient_ids TEXT, snippet TEXT, read INTEGER DEFAULT 1,
          type INTEGER DEFAULT 0, error INTEGER DEFAULT 0);
        CREATE TABLE canonical_addresses (_id INTEGER PRIMARY KEY AUTOINCREMENT, address TEXT);
    """)


def row_of(number, body=None, address=None):
    """What the store holds for message `number`, from 1."""
    return {
        "id": number,
        "thread": 1 + number % 3,
        "address": address or f"+3247000000{number % 3}",
        "date": FIRST_MS + number * 60_000,
        "type": 1 + number % 2,  # 1 in, 2 out
        "body": body or f"{PLAIN[number % len(PLAIN)]} ({number})",
    }


def insert(db, rows):
    db.executemany("INSERT INTO sms (_id, thread_id, address, date, date_sent, type, body) "
                   "VALUES (:id, :thread, :address, :date, :date, :type, :body)", rows)


def make_store(path, main, log=()):
    """The rows of `main` in the database, those of `log` committed to its log and not folded in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    live = path.with_suffix(".live")
    db = sqlite3.connect(live, isolation_level=None)
    db.execute("PRAGMA page_size = 4096")
    db.execute("PRAGMA journal_mode = WAL")
    schema(db)
    for thread in (1, 2, 3):
        db.execute("INSERT INTO canonical_addresses VALUES (?, ?)", (thread, f"+3247000000{thread - 1}"))
        db.execute("INSERT INTO threads (_id, recipient_ids) VALUES (?, ?)", (thread, str(thread)))
    insert(db, main)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.execute("PRAGMA wal_autocheckpoint = 0")
    if log:
        db.execute("BEGIN")
        insert(db, log)
        db.execute("COMMIT")
    shutil.copy(live, path)
    shutil.copy(f"{live}-wal", f"{path}-wal")
    db.close()
    for left in live.parent.glob(live.name + "*"):
        left.unlink()


def make_image(path, tree, size="16384K"):
    images.run("mke2fs", "-q", "-F", "-t", "ext4", "-d", tree, path, size)
    return path


def make(folder, main=150, log=5, stores=1):
    """disk.dd in `folder`, with so many messages in each store; the rows that are in it."""
    tree = folder / "tree"
    rows = [row_of(number) for number in range(1, main + log + 1)]
    for store in range(stores):
        # Every store its own bytes: the same would stand once.
        mine = [dict(row, body=f"{row['body']}{' .' * store}") for row in rows]
        make_store(tree / (STORE if store == 0 else f"user/{store}/{STORE}"), mine[:main], mine[main:])
    for number in range(20):
        file = tree / f"media/0/picture{number}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"\xff\xd8\xff\xe0" + images.noise(20_000 + number, number + 1))
    evidence = folder / "evidence"
    evidence.mkdir()
    return make_image(evidence / "disk.dd", tree), rows
