CREATE TABLE messages (buid TEXT);
CREATE TABLE friends (buid TEXT);
INSERT INTO messages VALUES ('x');
