"""Rows out of content put into a finished index, as parsers and rules would: for tests of what reads them."""
import sqlite3

MAIN, WAL = 0, 1  # place_source
LIVE, SUPERSEDED, UNCOMMITTED, RECOVERED = range(4)
DIRECTIONS = {"unknown": 0, "in": 1, "out": 2}
PRIORITIES = {name: number for number, name in enumerate(("live-in-danger", "high", "medium", "low", "info"))}
SECOND = 1_000_000_000
NOON = 1_615_291_200 * SECOND  # 2021-03-09T12:00:00Z


class Rows:
    """Replaces what content gave an index by what the test says."""

    def __init__(self, folder):
        self.index = sqlite3.connect(folder / "index.db")
        for table in ("attachment", "message", "finding", "judged", "artifact", "party"):
            self.index.execute(f"DELETE FROM row_{table}")

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        if failure[0] is None:
            self.index.commit()
        self.index.close()

    def insert(self, table, **values):
        names = ", ".join(values)
        marks = ", ".join("?" * len(values))
        return self.index.execute(f"INSERT INTO {table}({names}) VALUES ({marks})", list(values.values())).lastrowid

    def item(self, path, parser="test-talk", version="3"):
        """The content of a file, as one parser wanted it."""
        row = self.index.execute("SELECT file_id, content_id FROM v_file WHERE path = ?", (path,)).fetchone()
        found = self.index.execute("SELECT item_id FROM content_item WHERE content_id = ? AND parser = ?",
                                   (row[1], parser)).fetchone()
        item = found[0] if found else self.insert("content_item", content_id=row[1], file_id=row[0], parser=parser,
                                                  parser_version=version, lead=1, state=0, attempts=1)
        maker = self.index.execute("SELECT maker_id FROM row_maker WHERE name = ?", (parser,)).fetchone()
        return item, maker[0] if maker else self.insert("row_maker", name=parser, version=version)

    def message(self, number, path, body, at=None, state=LIVE, source=MAIN, file_offset=None, page=None, direction="in",
                **more):
        item, maker = self.item(path)
        values = {"service": "talk", "thread": "1", "sender": "+31612345678", "attachments": 0, "deleted": 0, **more}
        self.insert("row_message", id=number, item_id=item, seq=number, maker_id=maker,
                    place_locator=f"sqlite:note:rowid={number}", place_state=state, place_source=source, place_page=page,
                    place_file_offset=file_offset, body=body, direction=DIRECTIONS[direction],
                    t_ns=None if at is None else NOON + at * SECOND, **values)

    def finding(self, number, message, priority="high", key=None, **more):
        values = {"title": "A threat", "reason": "weapon: knife", "meaning": "somebody may be hurt",
                  "limits": "it may be a joke", "score": 10.0 - number, "rank": number, "pack": "danger",
                  "pack_version": "1", "rule": "threat", **more}
        self.insert("row_finding", id=number, priority=PRIORITIES[priority], subject_kind="message", subject_id=message,
                    key=key or f"danger/threat:sqlite:note:rowid={message}", **values)

    def party(self, normalized, kind="number", owner=False, **more):
        values = {"contacts": 0, "messages": 0, "calls": 0, **more}
        self.insert("row_party", kind=kind, normalized=normalized, owner=int(owner), **values)

    def judged(self, items, not_judged=0, reason=None, kind="messages"):
        self.insert("row_judged", kind=kind, items=items, judged=items - not_judged, not_judged=not_judged, reason=reason)
