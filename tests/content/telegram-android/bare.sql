-- Telegram without an address book, and a message whose object is cut. Made up.
CREATE TABLE messages_v2 (mid INTEGER, uid INTEGER, date INTEGER, data BLOB, out INTEGER, PRIMARY KEY (mid, uid));
CREATE TABLE users (uid INTEGER PRIMARY KEY, name TEXT);
INSERT INTO messages_v2 VALUES (1, 5000000001, 1700000000, x'e06e113800010000010000002217515901f2052a010000002217515909f2052a0100000000f15365', 0);
