-- Skype 8 on Android, as far as it is read. Made up.
CREATE TABLE chatitem (id INTEGER PRIMARY KEY, conversation_link TEXT, person_id TEXT, time INTEGER, content TEXT, device_gallery_path TEXT, is_sender_me INTEGER, message_type INTEGER, duration INTEGER);
CREATE TABLE person (entry_id TEXT PRIMARY KEY, first_name TEXT, last_name TEXT);
CREATE TABLE particiapnt (conversation_id TEXT, person_id TEXT);
INSERT INTO person VALUES ('8:bob', 'Bob', 'B'), ('8:cor', NULL, NULL);
INSERT INTO particiapnt VALUES ('19:crew@thread.skype', '8:bob'), ('19:crew@thread.skype', '8:cor');
INSERT INTO chatitem VALUES (1, '8:bob', '8:bob', 1700000000000, 'see &amp; hear <b>you</b>', NULL, 0, 1, 0), (2, '19:crew@thread.skype', '8:ann', 1700000100000, 'at eight', NULL, 1, 1, 0),
  (3, '8:bob', '8:ann', 1700000200000, NULL, '/sd/a.jpg', 1, 2, 0), (4, '8:bob', '8:bob', 1700000300000, NULL, NULL, 0, 3, 61);
