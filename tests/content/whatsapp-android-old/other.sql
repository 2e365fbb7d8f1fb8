-- Another application with a table of this name.
CREATE TABLE messages (_id INTEGER PRIMARY KEY, data TEXT, timestamp INTEGER);
INSERT INTO messages VALUES (1, 'x', 1);
