CREATE TABLE person (entry_id TEXT, first_name TEXT, last_name TEXT);
INSERT INTO person VALUES ('x', 'y', 'z');
