-- Messages as before iOS 11: seconds, and no attributedBody. Made up.
CREATE TABLE message (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE NOT NULL, text TEXT, handle_id INTEGER DEFAULT 0,
  service TEXT, date INTEGER, is_from_me INTEGER DEFAULT 0);
CREATE TABLE handle (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL);
CREATE TABLE chat (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, chat_identifier TEXT);
CREATE TABLE chat_message_join (chat_id INTEGER, message_id INTEGER);
INSERT INTO handle VALUES (1, '+32470000001');
INSERT INTO chat VALUES (1, '+32470000001');
INSERT INTO message VALUES (1, 'G-1', 'in seconds', 1, 'SMS', 400000000, 0), (2, 'G-2', 'answer', 1, 'SMS', 400000060, 1);
INSERT INTO chat_message_join VALUES (1, 1), (1, 2);
