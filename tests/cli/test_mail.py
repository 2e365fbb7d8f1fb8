"""Mail in files, through the whole program: what goes in by Python's own writer of mail comes out as rows. Stores of
Outlook, sound and damaged, from the corpus."""
import collections
import email.message
import email.policy
import email.utils
import mailbox
import random
import unittest

import phone
import support

CHARSETS = ["utf-8", "iso-8859-1", "windows-1252", "iso-8859-15", "koi8-r", "shift_jis", "gb2312", "euc-kr",
            "iso-2022-jp", "big5"]
TEXTS = {"koi8-r": "Встреча в восемь", "shift_jis": "駅で会いましょう", "gb2312": "车站见", "euc-kr": "역에서 만나요",
         "iso-2022-jp": "駅で会いましょう", "big5": "車站見"}
OUTLOOK = support.CORPUS / "artefacts/mail/Outlook.pst"
BODIES = support.CORPUS / "artefacts/mail/variousBodyTypes.pst"
MESSAGES = "SELECT m.*, f.path FROM v_message m JOIN v_file f ON f.file_id = m.file_id ORDER BY m.message_id"


def made(number):
    """One message, as different from the others as mail is; and what has to come out of it."""
    chance = random.Random(number)
    charset = CHARSETS[number % len(CHARSETS)]
    body = TEXTS.get(charset, "Grüße, à bientôt") + f" ({number})\n\nFrom here: line two."
    sender = (["Zoë Ångström", "Doe, John", "Иван", "plain"][number % 4], f"from{number}@one.example")
    to = [(f"To {i}" if i % 2 else "", f"to{i}@two.example") for i in range(1 + number % 3)]
    seconds = chance.randrange(946_684_800, 1_700_000_000)
    offset = chance.choice([-720, -210, 0, 60, 345, 840])
    message = email.message.EmailMessage(policy=email.policy.SMTP if number % 2 else email.policy.default)
    message["From"] = email.utils.formataddr(sender)
    message["To"] = ", ".join(email.utils.formataddr(one) for one in to)
    message["Subject"] = f"Réunion à l'école № {number} " + "très longue " * (number % 12)
    clock = email.utils.datetime.datetime.fromtimestamp(
        seconds, email.utils.datetime.timezone(email.utils.datetime.timedelta(minutes=offset)))
    message["Date"] = clock
    message["Message-ID"] = f"<{number}@one.example>"
    if number > 5:
        message["References"] = f"<{number % 5}@one.example> <{number - 1}@one.example>"
    message.set_content(body, charset=charset, cte="base64" if number % 3 == 0 else None)
    files = []
    if number % 4 == 1:
        message.add_alternative(f"<p>only <b>html</b> {number}</p>", subtype="html")
    for i in range(number % 3):
        name, data = f"Pläne {i} für {number}.bin", chance.randbytes(chance.randrange(5000))
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
        files.append((name, len(data)))
    return message, {
        "sender": sender[1], "sender_name": sender[0], "recipients": "; ".join(one[1] for one in to),
        "t_ns": seconds * 1_000_000_000, "body": body, "service_id": f"<{number}@one.example>",
        "thread": f"<{number % 5}@one.example>" if number > 5 else f"<{number}@one.example>",
        "thread_name": message["Subject"].strip(), "attachments": len(files)}, files


class Mail(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = support.Scratch()
        cls.addClassCleanup(cls.scratch.cleanup)
        tree = cls.scratch.path / "tree"
        (tree / "post/mail/Sent").mkdir(parents=True)
        cls.expected = {}
        cls.files = {}
        box = mailbox.mbox(tree / "post/mail/Inbox")
        for number in range(60):
            message, row, files = made(number)
            data = message.as_bytes()
            if number < 20:
                row["path"], row["direction"] = f"/post/mail/Sent/{number}.eml", "out"
                (tree / row["path"][1:]).write_bytes(data)
            elif number < 25:
                row["path"], row["direction"] = f"/post/mail/{number}.emlx", "unknown"
                (tree / row["path"][1:]).write_bytes(b"%d\n%s<?xml version='1.0'?><plist/>" % (len(data), data))
            else:
                row["path"], row["direction"] = "/post/mail/Inbox", "in"
                box.add(message)
            cls.expected[row["service_id"]] = row
            cls.files[row["service_id"]] = files
        box.close()
        if OUTLOOK.exists():
            (tree / "outlook").mkdir()
            for store in (OUTLOOK, BODIES):
                (tree / "outlook" / store.name).write_bytes(store.read_bytes())
        evidence = cls.scratch.path / "evidence"
        evidence.mkdir()
        cls.run_ = support.triage(phone.make_image(evidence / "disk.dd", tree), cls.scratch.path / "run")
        assert cls.run_.code in (0, 1, 5), (cls.run_.code, cls.run_.err)
        with cls.run_.index() as index:
            cls.messages = index.rows(MESSAGES)
            cls.attachments = index.rows("SELECT a.*, m.service_id FROM v_attachment a JOIN v_message m ON m.message_id = "
                                         "a.message_id ORDER BY a.attachment_id")
            cls.contacts = index.rows("SELECT * FROM v_contact")
            cls.items = index.rows("SELECT * FROM v_item WHERE state <> 'not-applicable'")

    def test_every_message_comes_out_as_it_was_written(self):
        found = {message["service_id"]: message for message in self.messages if message["path"].startswith("/post")}
        self.assertEqual(sorted(found), sorted(self.expected))
        self.assertEqual(sum(message["path"].startswith("/post") for message in self.messages), len(self.expected))
        for key, row in self.expected.items():
            for column, value in row.items():
                self.assertEqual(found[key][column], value, (key, column))

    def test_attachments_have_their_names_and_sizes(self):
        for key, files in self.files.items():
            self.assertEqual([(one["name"], one["size"]) for one in self.attachments if one["service_id"] == key], files)

    def test_a_message_of_a_mailbox_is_found_again_at_its_place(self):
        data = (self.scratch.path / "tree/post/mail/Inbox").read_bytes()
        for message in self.messages:
            if message["path"].endswith("/Inbox"):
                at = message["file_offset"]
                self.assertTrue(data[at:].startswith(b"From "), message)
                self.assertIn(message["service_id"].encode(), data[at:].split(b"\nFrom ")[0])
                self.assertTrue(message["locator"].endswith(f"@{at}"))

    @unittest.skipUnless(OUTLOOK.exists(), support.NO_CORPUS)
    def test_stores_of_outlook(self):
        """Numbers of items by readpst and pffexport."""
        for store, counts in ((OUTLOOK, {"in": 8, "out": 6}), (BODIES, {"in": 4})):
            mine = [message for message in self.messages if message["path"] == f"/outlook/{store.name}"]
            for direction, count in counts.items():
                self.assertEqual(sum(message["direction"] == direction for message in mine), count)
            self.assertEqual(len(mine), sum(counts.values()))
            self.assertTrue(all(message["body"] and "@" in message["sender"] for message in mine))
        self.assertEqual({contact["email"] for contact in self.contacts} - {None}, {"saqib.razzaq@xp.local"})
        self.assertEqual({contact["number"] for contact in self.contacts}, {"3334443333", "1110001234", "1112223333"})
        self.assertEqual({item["state"] for item in self.items if item["parser"].startswith("pst")}, {"parsed"})


class Libraries(unittest.TestCase):
    def test_names_of_libpff_stay_inside(self):
        """libewf brings the same names in other versions: its calls must not end in those of libpff, nor the other way."""
        worker = support.LIMIER.parent.parent / "libexec/limier/limier-content"
        names = support.call("nm", "-D", "--defined-only", worker).stdout.decode()
        self.assertNotRegex(names, r" lib(pff|bfio|c[a-z]+|f[a-z]+|una)_")


class DamagedStores(unittest.TestCase):
    @unittest.skipUnless(OUTLOOK.exists(), support.NO_CORPUS)
    def test_a_damaged_store_costs_itself_only_and_invents_nothing(self):
        """Whatever becomes of the damaged ones, the run ends and the sound one is read."""
        scratch = support.Scratch()
        self.addCleanup(scratch.cleanup)
        tree = scratch.path / "tree"
        tree.mkdir()
        sound = BODIES.read_bytes()
        (tree / "sound.pst").write_bytes(sound)
        chance = random.Random(15)
        for number in range(40):
            data = bytearray(sound)
            for _ in range(chance.choice([1, 4, 40])):
                data[chance.randrange(564, len(data))] ^= 1 << chance.randrange(8)
            if number % 8 == 7:
                del data[chance.randrange(len(data)):]
            (tree / f"damaged{number}.pst").write_bytes(data)
        evidence = scratch.path / "evidence"
        evidence.mkdir()
        run = support.triage(phone.make_image(evidence / "disk.dd", tree, "32M"), scratch.path / "run")
        self.assertIn(run.code, (0, 1, 4, 5), run.err)
        with run.index() as index:
            messages = index.rows(MESSAGES)
            states = index.rows("SELECT state, count(*) AS n FROM v_item WHERE parser LIKE 'pst%' GROUP BY state")
        self.assertEqual(sum(message["path"] == "/sound.pst" for message in messages), 4)
        true = {message["service_id"] for message in messages if message["path"] == "/sound.pst"}
        others = [message for message in messages if message["path"] != "/sound.pst"]
        self.assertGreater(sum(message["service_id"] in true for message in others), 40)
        self.assertEqual(sum(state["n"] for state in states), 82)
        live = collections.Counter(message["path"] for message in messages if message["state"] == "live")
        self.assertLessEqual(max(live.values()), 4)


if __name__ == "__main__":
    unittest.main()
