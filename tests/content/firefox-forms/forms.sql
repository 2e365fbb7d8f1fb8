-- formhistory.sqlite of Firefox. Made up.
CREATE TABLE moz_formhistory (id INTEGER PRIMARY KEY, fieldname TEXT NOT NULL, value TEXT NOT NULL, timesUsed INTEGER, firstUsed INTEGER, lastUsed INTEGER, guid TEXT);
INSERT INTO moz_formhistory VALUES (1, 'searchbar-history', 'ships', 2, 1700000000000000, 1700000100000000, 'a'), (2, 'email', 'ann@example.org', 1, 1700000000000000, 0, 'b'),
  (3, 'newPassword', 'secret', 1, 1700000000000000, 1700000000000000, 'c');
