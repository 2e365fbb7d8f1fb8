-- imofriends.db, as far as it is read. Made up.
CREATE TABLE messages (_id INTEGER PRIMARY KEY, buid TEXT, last_message TEXT, timestamp INTEGER, message_type INTEGER, message_read INTEGER, imdata TEXT);
CREATE TABLE friends (_id INTEGER PRIMARY KEY, buid TEXT, name TEXT);
INSERT INTO friends VALUES (1, '1100', 'Bob');
INSERT INTO messages VALUES (1, '1100', 'see you', 1700000000000000000, 1, 1, NULL), (2, '1100', 'at eight', 1700000100000000000, 2, 1, '{"type":"text"}'),
  (3, '1101', 'photo', 1700000200000000000, 1, 1, '{"local_path":"/sd/a.jpg"}');
