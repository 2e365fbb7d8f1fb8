-- While WhatsApp moves its messages: one of two has its row in both tables. Made up.
CREATE TABLE messages (_id INTEGER PRIMARY KEY AUTOINCREMENT, key_remote_jid TEXT NOT NULL, key_from_me INTEGER, key_id TEXT NOT NULL,
  status INTEGER, data TEXT, timestamp INTEGER, media_mime_type TEXT, media_wa_type TEXT, media_size INTEGER, media_name TEXT,
  media_caption TEXT, media_hash TEXT, latitude REAL, longitude REAL, remote_resource TEXT, received_timestamp INTEGER);
CREATE TABLE jid (_id INTEGER PRIMARY KEY, raw_string TEXT);
CREATE TABLE chat (_id INTEGER PRIMARY KEY, jid_row_id INTEGER);
CREATE TABLE message (_id INTEGER PRIMARY KEY, chat_row_id INTEGER, from_me INTEGER, key_id TEXT, timestamp INTEGER, message_type INTEGER, text_data TEXT);
INSERT INTO jid VALUES (1, '32470000001@s.whatsapp.net');
INSERT INTO chat VALUES (1, 1);
INSERT INTO messages VALUES (1, '32470000001@s.whatsapp.net', 0, 'K-1', 0, 'hello', 1600000000000, NULL, '0', 0, NULL, NULL, NULL, 0, 0, NULL, 0),
  (2, '32470000001@s.whatsapp.net', 1, 'K-2', 0, 'hi', 1600000060000, NULL, '0', 0, NULL, NULL, NULL, 0, 0, NULL, 0);
INSERT INTO message VALUES (1, 1, 0, 'K-1', 1600000000000, 0, 'hello');
CREATE TABLE call_log (_id INTEGER PRIMARY KEY, jid_row_id INTEGER, from_me INTEGER, timestamp INTEGER, duration INTEGER, call_result INTEGER);
INSERT INTO call_log VALUES (1, 1, 0, 1600000420000, 31, 5);
