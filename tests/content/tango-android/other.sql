CREATE TABLE messages (msg_id INTEGER PRIMARY KEY, payload BLOB);
INSERT INTO messages VALUES (1, 'x');
