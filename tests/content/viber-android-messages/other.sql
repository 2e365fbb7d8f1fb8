CREATE TABLE messages (_id INTEGER PRIMARY KEY, body TEXT);
INSERT INTO messages VALUES (1, 'x');
