-- Another application with these names of tables.
CREATE TABLE message (_id INTEGER PRIMARY KEY, text_data TEXT, timestamp INTEGER);
CREATE TABLE chat (_id INTEGER PRIMARY KEY); CREATE TABLE jid (_id INTEGER PRIMARY KEY, raw_string TEXT);
INSERT INTO message VALUES (1, 'x', 1);
