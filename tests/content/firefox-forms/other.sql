CREATE TABLE formhistory (id INTEGER PRIMARY KEY, fieldname TEXT, value TEXT);
INSERT INTO formhistory VALUES (1, 'a', 'b');
