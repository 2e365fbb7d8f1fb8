CREATE TABLE moz_cookies (id INTEGER PRIMARY KEY, host TEXT, lastAccessed INTEGER);
INSERT INTO moz_cookies VALUES (1, 'a.example', 1700000000000000);
