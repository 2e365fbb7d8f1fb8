CREATE TABLE logins (id INTEGER PRIMARY KEY, username TEXT, password TEXT);
INSERT INTO logins VALUES (1, 'ann', 'secret');
