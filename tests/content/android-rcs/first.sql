-- bugle_db of Android 5. Made up.
CREATE TABLE conversations (_id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT);
CREATE TABLE messages (_id INTEGER PRIMARY KEY AUTOINCREMENT, conversation_id INT, sender_id INT, sent_timestamp INT, received_timestamp INT,
  message_protocol INT, message_status INT);
CREATE TABLE parts (_id INTEGER PRIMARY KEY AUTOINCREMENT, message_id INT, text TEXT, content_type TEXT);
CREATE TABLE participants (_id INTEGER PRIMARY KEY AUTOINCREMENT, sub_id INT, normalized_destination TEXT, send_destination TEXT, full_name TEXT);
INSERT INTO participants VALUES (1, -2, '+32470000001', '0470000001', NULL);
INSERT INTO conversations VALUES (1, '0470000001');
INSERT INTO messages VALUES (1, 1, 1, 1400000000000, 1400000000900, 0, 100);
INSERT INTO parts VALUES (1, 1, 'see you', 'text/plain');
