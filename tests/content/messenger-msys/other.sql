CREATE TABLE messages (message_id TEXT, text TEXT);
INSERT INTO messages VALUES ('x', 'y');
