-- The fewest tables there were. Made up.
CREATE TABLE jid (_id INTEGER PRIMARY KEY, raw_string TEXT);
CREATE TABLE chat (_id INTEGER PRIMARY KEY, jid_row_id INTEGER);
CREATE TABLE message (_id INTEGER PRIMARY KEY, chat_row_id INTEGER, from_me INTEGER, key_id TEXT, timestamp INTEGER, message_type INTEGER, text_data TEXT);
INSERT INTO jid VALUES (1, '32470000001@s.whatsapp.net');
INSERT INTO chat VALUES (1, 1);
INSERT INTO message VALUES (1, 1, 0, 'K-1', 1700000000000, 0, 'hello'), (2, 1, 1, 'K-2', 1700000060000, 0, 'hi');
