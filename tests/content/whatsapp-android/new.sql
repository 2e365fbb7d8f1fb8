-- WhatsApp, tables of today. Made up.
CREATE TABLE jid (_id INTEGER PRIMARY KEY AUTOINCREMENT, user TEXT, server TEXT, type INTEGER, raw_string TEXT);
CREATE TABLE jid_map (lid_row_id INTEGER PRIMARY KEY, jid_row_id INTEGER, sort_id INTEGER);
CREATE TABLE chat (_id INTEGER PRIMARY KEY AUTOINCREMENT, jid_row_id INTEGER UNIQUE, subject TEXT);
CREATE TABLE message (_id INTEGER PRIMARY KEY AUTOINCREMENT, chat_row_id INTEGER NOT NULL, from_me INTEGER NOT NULL, key_id TEXT NOT NULL,
  sender_jid_row_id INTEGER, status INTEGER, timestamp INTEGER, received_timestamp INTEGER, message_type INTEGER, text_data TEXT);
CREATE TABLE message_media (message_row_id INTEGER PRIMARY KEY, file_path TEXT, mime_type TEXT, file_hash TEXT, file_length INTEGER,
  media_name TEXT, media_caption TEXT);
CREATE TABLE message_location (message_row_id INTEGER PRIMARY KEY, latitude REAL, longitude REAL, place_name TEXT);
CREATE TABLE message_edit_info (message_row_id INTEGER PRIMARY KEY, original_key_id TEXT, edited_timestamp INTEGER, sender_timestamp INTEGER);
CREATE TABLE message_revoked (message_row_id INTEGER PRIMARY KEY, revoked_key_id TEXT, admin_jid_row_id INTEGER);
CREATE TABLE message_vcard (_id INTEGER PRIMARY KEY AUTOINCREMENT, message_row_id INTEGER, vcard TEXT);
CREATE TABLE group_participant_user (_id INTEGER PRIMARY KEY AUTOINCREMENT, group_jid_row_id INTEGER, user_jid_row_id INTEGER);
CREATE TABLE call_log (_id INTEGER PRIMARY KEY AUTOINCREMENT, jid_row_id INTEGER, from_me INTEGER, call_id TEXT, timestamp INTEGER,
  video_call INTEGER, duration INTEGER, call_result INTEGER);
INSERT INTO jid VALUES (1, '32470000001', 's.whatsapp.net', 0, '32470000001@s.whatsapp.net'),
  (2, '32470000002', 's.whatsapp.net', 0, '32470000002@s.whatsapp.net'), (3, '900000000000001', 'lid', 18, '900000000000001@lid'),
  (4, '900000000000009', 'lid', 18, '900000000000009@lid'), (5, '32470000001-160', 'g.us', 1, '32470000001-160@g.us'),
  (6, 'status', 'broadcast', 5, 'status@broadcast');
INSERT INTO jid_map VALUES (3, 2, 0);
INSERT INTO chat VALUES (1, 1, NULL), (2, 3, NULL), (3, 5, 'the crew'), (4, 6, NULL);
INSERT INTO group_participant_user VALUES (1, 5, 1), (2, 5, 3), (3, 5, 3);
INSERT INTO message VALUES (1, -1, 0, '-1', NULL, -1, 0, -1, -1, NULL),
  (2, 1, 0, 'K-2', 0, 0, 1700000000000, 1700000000500, 0, 'hello'),
  (3, 1, 1, 'K-3', 0, 13, 1700000060000, 1700000060001, 0, 'a changed answer'),
  (4, 2, 0, 'K-4', 0, 0, 1700000120000, 1700000120500, 0, 'from a LID that has a number'),
  (5, 3, 0, 'K-5', 4, 0, 1700000180000, 1700000180500, 0, 'from a LID without one'),
  (6, 3, 1, 'K-6', 0, 5, 1700000240000, 0, 0, 'to the group'),
  (7, 3, 0, 'K-7', 3, 0, 1700000300000, 1700000300500, 1, NULL),
  (8, 1, 0, 'K-8', 0, 0, 1700000360000, 1700000360500, 5, NULL),
  (9, 1, 0, 'K-9', 0, 0, 1700000420000, 1700000420500, 15, NULL),
  (10, 3, 1, 'K-10', 0, 6, 1700000480000, 0, 7, 'the crew'),
  (11, 99, 0, 'K-11', 0, 0, 1700000540000, 0, 77, 'its chat is gone'),
  (13, 1, 1, 'K-13', 0, 5, 1700000600000, 0, 9, NULL);
INSERT INTO message_media VALUES (7, 'Media/WhatsApp Images/IMG-1.jpg', 'image/jpeg', '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=', 4711, NULL, 'look'),
  (13, NULL, 'application/pdf', NULL, 0, 'plan.pdf', NULL);
INSERT INTO message_location VALUES (8, 51.2, 4.4, 'the quay');
INSERT INTO message_edit_info VALUES (3, 'K-0', 1700000090000, 1700000090000);
INSERT INTO message_revoked VALUES (9, 'K-9', NULL);
INSERT INTO call_log VALUES (1, 1, 1, 'c1', 1700000700000, 0, 65, 5), (2, 3, 0, 'c2', 1700000800000, 1, 0, 4), (3, 99, 0, 'c3', 1700000900000, 0, 0, 17);
