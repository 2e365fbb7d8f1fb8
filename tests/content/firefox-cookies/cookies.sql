-- cookies.sqlite of Firefox. Made up.
CREATE TABLE moz_cookies (id INTEGER PRIMARY KEY, originAttributes TEXT NOT NULL DEFAULT '', name TEXT, value TEXT, host TEXT, path TEXT, expiry INTEGER,
  lastAccessed INTEGER, creationTime INTEGER);
INSERT INTO moz_cookies VALUES (1, '', 'x', 'secret', '.a.example', '/', 0, 1700000000000000, 1700000000000000), (2, '', 'y', 'secret', 'a.example', '/', 0, 1700000100000000, 1700000000000000),
  (3, '', 'x', 'secret', 'b.example', '/', 0, 1700000000000000, 1700000000000000);
