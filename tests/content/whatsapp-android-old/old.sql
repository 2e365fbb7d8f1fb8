-- WhatsApp, tables until 2021. Made up.
CREATE TABLE messages (_id INTEGER PRIMARY KEY AUTOINCREMENT, key_remote_jid TEXT NOT NULL, key_from_me INTEGER, key_id TEXT NOT NULL,
  status INTEGER, data TEXT, timestamp INTEGER, media_mime_type TEXT, media_wa_type TEXT, media_size INTEGER, media_name TEXT,
  media_caption TEXT, media_hash TEXT, latitude REAL, longitude REAL, remote_resource TEXT, received_timestamp INTEGER);
CREATE TABLE chat_list (_id INTEGER PRIMARY KEY AUTOINCREMENT, key_remote_jid TEXT UNIQUE, subject TEXT);
CREATE TABLE group_participants (_id INTEGER PRIMARY KEY AUTOINCREMENT, gjid TEXT, jid TEXT);
CREATE TABLE message_media (message_row_id INTEGER PRIMARY KEY, file_path TEXT);
INSERT INTO chat_list VALUES (1, '32470000001@s.whatsapp.net', NULL), (2, '32470000001-160@g.us', 'the crew');
INSERT INTO group_participants VALUES (1, '32470000001-160@g.us', '32470000001@s.whatsapp.net'), (2, '32470000001-160@g.us', '');
INSERT INTO messages VALUES (1, '-1', 0, '-1', -1, NULL, 0, NULL, '-1', -1, NULL, NULL, NULL, 0, 0, NULL, -1),
  (2, '32470000001@s.whatsapp.net', 0, 'K-2', 0, 'hello', 1600000000000, NULL, '0', 0, NULL, NULL, NULL, 0, 0, NULL, 1600000000500),
  (3, '32470000001@s.whatsapp.net', 1, 'K-3', 13, 'hi', 1600000060000, NULL, '0', 0, NULL, NULL, NULL, 0, 0, '', 0),
  (4, '32470000001-160@g.us', 1, 'K-4', 6, 'the crew', 1600000120000, NULL, '0', 11, NULL, NULL, NULL, 0, 0, '32470000001@s.whatsapp.net', 0),
  (5, '32470000001-160@g.us', 0, 'K-5', 0, NULL, 1600000180000, 'image/jpeg', '1', 4711, NULL, 'look', '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=', 0, 0, '32470000001@s.whatsapp.net', 1600000180500),
  (6, '32470000001-160@g.us', 1, 'K-6', 5, NULL, 1600000240000, NULL, '5', 0, 'the quay', NULL, NULL, 51.2, 4.4, NULL, 0),
  (7, '32470000001@s.whatsapp.net', 0, 'K-7', 0, NULL, 1600000300000, NULL, '15', 0, NULL, NULL, NULL, 0, 0, NULL, 1600000300500),
  (9, '32470000001@s.whatsapp.net', 1, 'K-9', 4, 'bye', 1600000360000, NULL, '0', 0, NULL, NULL, NULL, NULL, NULL, NULL, 0);
INSERT INTO message_media VALUES (5, 'Media/WhatsApp Images/IMG-1.jpg');
CREATE TABLE jid (_id INTEGER PRIMARY KEY, raw_string TEXT);
CREATE TABLE call_log (_id INTEGER PRIMARY KEY, jid_row_id INTEGER, from_me INTEGER, timestamp INTEGER, duration INTEGER, call_result INTEGER);
INSERT INTO jid VALUES (1, '32470000001@s.whatsapp.net');
INSERT INTO call_log VALUES (1, 1, 0, 1600000420000, 31, 5);
