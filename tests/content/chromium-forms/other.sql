CREATE TABLE autofill (name TEXT, value TEXT);
INSERT INTO autofill VALUES ('a', 'b');
