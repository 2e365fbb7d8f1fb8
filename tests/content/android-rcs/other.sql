CREATE TABLE conversations (_id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE messages (_id INTEGER PRIMARY KEY, conversation_id INT, body TEXT);
INSERT INTO messages VALUES (1, 1, 'x');
