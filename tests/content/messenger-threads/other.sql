CREATE TABLE messages (msg_id TEXT, text TEXT);
CREATE TABLE threads (thread_key TEXT);
INSERT INTO messages VALUES ('x', 'y');
