-- viber_messages, as far as it is read. Made up.
CREATE TABLE messages (_id INTEGER PRIMARY KEY AUTOINCREMENT, conversation_id INTEGER, participant_id INTEGER, msg_date LONG, body TEXT, send_type INTEGER, unread INTEGER, extra_uri TEXT);
CREATE TABLE participants (_id INTEGER PRIMARY KEY AUTOINCREMENT, conversation_id INTEGER, participant_info_id INTEGER);
CREATE TABLE participants_info (_id INTEGER PRIMARY KEY AUTOINCREMENT, number TEXT, display_name TEXT);
CREATE TABLE conversations (_id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT);
INSERT INTO participants_info VALUES (1, '+32470000009', NULL), (2, '+32470000001', 'Bob'), (3, '+32470000002', NULL);
INSERT INTO conversations VALUES (1, NULL), (2, 'The crew');
INSERT INTO participants VALUES (1, 1, 1), (2, 1, 2), (3, 2, 1), (4, 2, 2), (5, 2, 3);
INSERT INTO messages VALUES (1, 1, 2, 1700000000000, 'see you', 0, 0, NULL), (2, 1, 1, 1700000100000, 'at eight', 1, 0, NULL),
  (3, 2, 3, 1700000200000, NULL, 1, 0, 'content://x/1.jpg'), (4, 8, 9, 1700000300000, 'whose', 0, 0, NULL);
