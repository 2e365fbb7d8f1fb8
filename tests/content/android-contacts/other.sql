-- Not an address book: a store of things with types.
CREATE TABLE mimetypes (_id INTEGER PRIMARY KEY, mimetype TEXT);
CREATE TABLE data (_id INTEGER PRIMARY KEY, mimetype_id INTEGER, body BLOB);
CREATE TABLE raw_contacts (_id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO mimetypes VALUES (1, 'text/plain');
INSERT INTO data VALUES (1, 1, x'00');
