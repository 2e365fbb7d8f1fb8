"""The case knows people: owners and whom they know, the same message on two exhibits, and the links that follow."""
import hashlib
import json
import sqlite3

from batch_support import AUTHORITY, BatchTest
from cli_support import SAMPLES
from content_rows import LIVE, RECOVERED, Rows

FILE = "SELECT path FROM v_file WHERE sha256 IS NOT NULL ORDER BY file_id LIMIT 1"
AN, BO, CO = "+32470000001", "+32470000002", "+32470000003"
LONG = "See you at the old mill at nine, bring the papers"


class People(BatchTest):
    def setUp(self):
        super().setUp()
        images = {"A-1": "laptop.E01", "A-2": "phone.E01", "A-3": "stick.001"}
        done = self.plan(self.manifest([f"{name},{SAMPLES / image},{AUTHORITY},quick" for name, image in images.items()],
                                       header="exhibit,path,authority,profile"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(self.batch("run").returncode, (0, 4, 5))

    def fill(self, exhibit, people, messages, findings=()):
        """As if content had been looked into: its record names the index as it is now."""
        folder = self.out / "exhibits" / exhibit
        with Rows(folder) as rows:
            for party in people:
                rows.party(**party)
            path = rows.index.execute(FILE).fetchone()[0]
            for number, message in enumerate(messages, 1):
                rows.message(number, path, **{"service": "SMS", **message})
            for number, (message, priority) in enumerate(findings, 1):
                rows.finding(number, message, priority)
        path = self.out / "records" / f"{exhibit}.json"
        record = json.loads(path.read_text())
        index = (folder / "index.db").read_bytes()
        record["index_sha256"], record["index_bytes"] = hashlib.sha256(index).hexdigest(), len(index)
        path.write_text(json.dumps(record))

    def merged(self, sql):
        self.assertIn(self.batch("merge").returncode, (0, 4, 5))
        with sqlite3.connect(self.out / "case.db") as case:
            case.row_factory = sqlite3.Row
            rows = [tuple(row) for row in case.execute(sql)]
        case.close()
        return rows

    def owner(self, number):
        return {"normalized": number, "owner": True}

    def test_the_owner_of_one_is_known_to_the_other(self):
        self.fill("A-1", [self.owner(AN), {"normalized": BO, "contacts": 1, "name": "Bo"}, {"normalized": CO, "messages": 3}], [])
        self.fill("A-2", [self.owner(BO), {"normalized": CO, "contacts": 1, "name": "Co"}], [])
        self.fill("A-3", [{"normalized": CO, "calls": 1}], [])
        people = self.merged("SELECT normalized, exhibits, roles, names FROM v_person ORDER BY normalized")
        self.assertEqual(people, [(AN, 1, "A-1: owner", None), (BO, 2, "A-1: contact; A-2: owner", "Bo"),
                                  (CO, 3, "A-1: correspondent; A-2: contact; A-3: correspondent", "Co")])
        links = {(a, b): (score, text) for a, b, score, text in
                 self.merged("SELECT exhibit_a, exhibit_b, score, evidence FROM v_link")}
        self.assertGreaterEqual(links["A-1", "A-2"][0], 30)
        self.assertIn("1 number or address of the owner of one that the other knows", links["A-1", "A-2"][1])
        for pair in (("A-1", "A-3"), ("A-2", "A-3")):  # they know somebody that both know, and that is all
            self.assertLess(links[pair][0], 30, links)
        self.assertIn("1 person that both know", links["A-2", "A-3"][1])

    def test_the_same_owner(self):
        for exhibit in ("A-1", "A-2"):
            self.fill(exhibit, [{"normalized": "an@example.org", "kind": "email", "owner": True}, self.owner(AN)], [])
        (link,) = self.merged("SELECT strongest, evidence FROM v_link WHERE exhibit_a = 'A-1' AND exhibit_b = 'A-2'")
        self.assertEqual(link[0], "same-owner")
        self.assertIn("same owner, by an account or number", link[1])

    def pairs(self):
        return self.merged("SELECT exhibit_a, message_a, exhibit_b, message_b, match, differs, difference FROM v_message_pair "
                           "ORDER BY 1, 2, 3, 4")

    def test_a_message_is_known_by_the_id_of_the_service(self):
        self.fill("A-1", [], [{"body": "ja", "at": 0, "service_id": "3EB0A", "direction": "out"},
                              {"body": "old text", "at": 9, "service_id": "3EB0B"}])
        self.fill("A-2", [], [{"body": "x", "at": 1},
                              {"body": "ja", "at": 400, "service_id": "3EB0A", "deleted": 1, "state": RECOVERED},
                              {"body": "new text", "at": 9, "service_id": "3EB0B"},
                              {"body": "ja", "at": 1, "service_id": "3EB0A", "service": "other"}])
        self.assertEqual(self.pairs(), [("A-1", 1, "A-2", 2, "service-id", 1, "deleted on A-2"),
                                        ("A-1", 2, "A-2", 3, "service-id", 1, "text")])
        states = self.merged("SELECT state_a, state_b FROM v_message_pair WHERE message_a = 1")
        self.assertEqual(states, [("live", "recovered")])

    def test_else_by_text_and_time(self):
        sent = {"body": LONG, "at": 100, "direction": "out", "sender": None, "state": LIVE}
        self.fill("A-1", [self.owner(AN)], [sent, {**sent, "body": "ok", "at": 500}, {**sent, "body": "nee", "at": 900}])
        self.fill("A-2", [self.owner(BO)], [
            {"body": LONG.upper() + " ", "at": 155, "sender": CO},  # another sender is known, but A may have two numbers
            {"body": "ok", "at": 501, "sender": AN},
            {"body": "nee", "at": 901, "sender": CO},  # too short to say anything by itself
            {"body": LONG, "at": 400, "sender": AN}])  # too late
        self.assertEqual(self.pairs(), [("A-1", 1, "A-2", 1, "text-and-time", 0, ""),
                                        ("A-1", 2, "A-2", 2, "text-and-time", 0, "")])

    def test_what_came_to_both_is_one_message_only_for_one_owner(self):
        came = [{"body": LONG, "at": 0, "sender": AN}, {"body": LONG, "at": 300, "sender": "bpost"}]
        later = [{**message, "at": message["at"] + 1} for message in came]
        self.fill("A-1", [self.owner(BO)], came)
        self.fill("A-2", [self.owner(CO)], later)
        self.fill("A-3", [self.owner(BO)], later)
        pairs = self.pairs()
        self.assertEqual([pair[:4] for pair in pairs], [("A-1", 1, "A-3", 1), ("A-1", 2, "A-3", 2)])

    def test_two_that_were_sent_are_two_messages(self):
        sent = [{"body": LONG, "at": 0, "direction": "out", "sender": None}]
        self.fill("A-1", [self.owner(BO)], sent)
        self.fill("A-2", [self.owner(CO)], sent)
        self.assertEqual(self.pairs(), [])

    def test_a_message_has_one_partner(self):
        twice = [{"body": LONG, "at": 0, "direction": "out", "sender": None}, {"body": LONG, "at": 20, "direction": "out", "sender": None}]
        came = [{"body": LONG, "at": at, "sender": AN} for at in (1, 21)]
        self.fill("A-1", [self.owner(AN)], twice)
        self.fill("A-2", [self.owner(BO)], came)
        self.fill("A-3", [self.owner(CO)], came[1:])
        pairs = self.pairs()
        self.assertEqual([pair[:4] for pair in pairs if pair[2] == "A-2"], [("A-1", 1, "A-2", 1), ("A-1", 2, "A-2", 2)])
        self.assertEqual([pair[0] for pair in pairs if pair[2] == "A-3"], ["A-1"])

    def five(self, deleted=()):
        """The same five messages; those that are named are deleted."""
        return [{"body": f"number {n}", "at": n * 100, "service_id": f"3EB0{n}",
                 **({"deleted": 1, "state": RECOVERED} if n in deleted else {})} for n in range(1, 6)]

    ONE_SIDED = ("SELECT exhibit, priority, reason, subject_kind, subject_id, finding_id, exhibit_rank, t FROM v_case_finding "
                 "WHERE pack = 'case' AND rule = 'deleted-on-one-side' ORDER BY rank")

    def test_what_is_deleted_on_one_side_only_is_a_finding_of_the_case(self):
        self.fill("A-1", [], self.five())
        self.fill("A-2", [], self.five({1, 3, 4}))
        self.assertEqual(self.merged(self.ONE_SIDED), [
            ("A-2", "medium", "3 of 5 messages (SMS) that A-1 has too are deleted here only; of 2021-03-09 to 2021-03-09", "message", 4,
             None, None, "2021-03-09T12:06:40.000000000Z")])
        talk = self.merged("SELECT message_id, is_subject, deleted FROM v_case_talk WHERE exhibit = 'A-2' ORDER BY seq")
        self.assertEqual(talk, [(1, 0, 1), (2, 0, 0), (3, 0, 1), (4, 1, 1), (5, 0, 0)])
        reasons = dict(self.merged("SELECT exhibit, attention_reason FROM v_exhibit"))
        self.assertIn("3 messages are deleted here that another exhibit still has", reasons["A-2"])
        self.assertNotIn("deleted here", reasons["A-1"])
        facts = json.loads((self.out / "case.json").read_text(encoding="utf-8"))
        self.assertEqual((facts["findings_total"], [one["rule"] for one in facts["findings"]]), (1, ["deleted-on-one-side"]))
        page = (self.out / "case.html").read_text(encoding="utf-8")
        for words in ("Messages deleted on one side only", "Applications delete by themselves", "1 medium", "number 4"):
            self.assertIn(words, page)
        self.assertIn("deleted-on-one-side", (self.out / "case-findings.csv").read_text(encoding="utf-8"))
        same = (self.out / "case.db").read_bytes()
        self.assertIn(self.batch("merge", "--lang", "nl").returncode, (0, 4, 5))
        page = (self.out / "case.html").read_text(encoding="utf-8")
        for words in ("Berichten die maar aan één kant gewist zijn", "3 van 5 berichten (SMS) die A-1 ook heeft zijn alleen hier gewist",
                      "3 berichten zijn hier gewist die een ander bewijsstuk nog heeft"):
            self.assertIn(words, page)
        self.assertNotIn("deleted here", page)
        self.assertEqual((self.out / "case.db").read_bytes(), same)

    def test_one_message_is_little_unless_it_is_what_a_grave_finding_is_about(self):
        self.fill("A-1", [], self.five())
        self.fill("A-2", [], self.five({2}))
        (one,) = self.merged(self.ONE_SIDED)
        self.assertEqual(one[:2], ("A-2", "low"))
        self.assertNotIn("deleted here", dict(self.merged("SELECT exhibit, attention_reason FROM v_exhibit"))["A-2"])
        self.fill("A-1", [], self.five(), [(2, "high"), (1, "high")])
        (one,) = self.merged(self.ONE_SIDED)
        self.assertEqual(one[:2], ("A-2", "medium"))
        self.assertTrue(one[2].endswith("; findings of high or above are about 1 of them there"), one[2])

    def test_what_is_deleted_on_both_or_on_none_is_no_such_finding(self):
        self.fill("A-1", [], self.five({1, 2, 3}))
        self.fill("A-2", [], self.five({1, 2, 3}))
        self.assertEqual(self.merged(self.ONE_SIDED), [])

    def test_each_side_has_its_own(self):
        self.fill("A-1", [], self.five({1}))
        self.fill("A-2", [], self.five({2, 3, 4, 5}))
        self.fill("A-3", [], self.five())
        self.assertEqual([(one[0], one[2].split(" are")[0]) for one in self.merged(self.ONE_SIDED)],
                         [("A-2", "4 of 5 messages (SMS) that A-1 has too"), ("A-2", "4 of 5 messages (SMS) that A-3 has too"),
                          ("A-1", "1 of 5 messages (SMS) that A-2 has too"), ("A-1", "1 of 5 messages (SMS) that A-3 has too")])
