-- A table of this name with other columns.
CREATE TABLE messages (id INTEGER PRIMARY KEY, archive BLOB); CREATE TABLE threads (id INTEGER PRIMARY KEY);
INSERT INTO messages VALUES (1, 'x');
