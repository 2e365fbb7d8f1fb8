-- bugle_db of Google Messages, as far as it is read. Made up.
CREATE TABLE conversations (_id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, participant_normalized_destination TEXT);
CREATE TABLE messages (_id INTEGER PRIMARY KEY AUTOINCREMENT, conversation_id INT, sender_id INT, sent_timestamp INT DEFAULT(0), received_timestamp INT DEFAULT(0),
  message_protocol INT DEFAULT(0), message_status INT DEFAULT(0), mms_subject TEXT, self_id INT, rcs_message_id STRING);
CREATE TABLE parts (_id INTEGER PRIMARY KEY AUTOINCREMENT, message_id INT, text TEXT, uri TEXT, content_type TEXT, storage_uri TEXT, file_name TEXT,
  longitude REAL DEFAULT(0), latitude REAL DEFAULT(0));
CREATE TABLE participants (_id INTEGER PRIMARY KEY AUTOINCREMENT, sub_id INT DEFAULT(-2), normalized_destination TEXT, send_destination TEXT, full_name TEXT);
CREATE TABLE self_participants (_id INTEGER PRIMARY KEY AUTOINCREMENT, phone_number TEXT, sim_serial_number TEXT);
CREATE TABLE conversation_participants (_id INTEGER PRIMARY KEY AUTOINCREMENT, conversation_id INT, participant_id INT);
INSERT INTO participants VALUES (1, 1, '+32470000009', NULL, 'Ann'), (2, -2, '+32470000001', '0470000001', 'Bob'), (3, -2, '+32470000002', '+32470000002', NULL);
INSERT INTO self_participants VALUES (1, '+32470000009', '8932011111111111111'), (2, '+32470000009', '8932011111111111111'), (3, '', '');
INSERT INTO conversations VALUES (1, 'Bob', '+32470000001'), (2, 'The crew', NULL);
INSERT INTO conversation_participants VALUES (1, 1, 2), (2, 2, 2), (3, 2, 3);
INSERT INTO messages VALUES (1, 1, 2, 1700000000000, 1700000000900, 0, 100, NULL, 1, NULL), (2, 1, 1, 1700000100000, 1700000100000, 0, 1, NULL, 1, NULL),
  (3, 2, 3, 1700000200000, 1700000200500, 3, 100, NULL, 1, 'MsAbc'), (4, 2, 1, 1700000300000, 1700000300000, 1, 2, 'ship', 1, NULL),
  (5, 1, 1, 0, 1700000400000, 0, 3, NULL, 1, NULL), (6, 1, 1, 1700000500000, 1700000500000, 5, 210, NULL, 1, NULL), (8, 9, 99, 1700000600000, 1700000600000, 3, 100, NULL, 1, 'MsXyz');
INSERT INTO parts VALUES (1, 1, 'see you', NULL, 'text/plain', NULL, NULL, 0, 0), (2, 2, 'at eight', NULL, 'text/plain', NULL, NULL, 0, 0),
  (3, 3, 'one', NULL, 'text/plain', NULL, NULL, 0, 0), (4, 3, 'two', NULL, 'text/plain', NULL, NULL, 0, 0),
  (5, 4, NULL, 'content://mms/part/5', 'image/jpeg', NULL, 'a.jpg', 0, 0), (6, 5, 'unsent', NULL, 'text/plain', NULL, NULL, 0, 0),
  (7, 8, 'whose', NULL, 'text/plain', NULL, NULL, 0, 0);
