CREATE TABLE application_identifier_tab (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE kvs (id INTEGER PRIMARY KEY); CREATE TABLE key_tab (id INTEGER PRIMARY KEY, key TEXT);
INSERT INTO application_identifier_tab VALUES (1, 'x');
