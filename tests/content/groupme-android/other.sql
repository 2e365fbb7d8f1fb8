CREATE TABLE messages (conversation_id TEXT, name TEXT);
CREATE TABLE groups (group_id TEXT, name TEXT);
INSERT INTO messages VALUES ('x', 'y');
