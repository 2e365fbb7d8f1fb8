-- A table of this name with other columns.
CREATE TABLE call (id INTEGER PRIMARY KEY, title);
INSERT INTO call VALUES (1, 'x');
