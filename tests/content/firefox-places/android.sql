-- places.sqlite of Firefox on Android. Made up.
CREATE TABLE moz_places (id INTEGER PRIMARY KEY, url LONGVARCHAR NOT NULL, title LONGVARCHAR, visit_count INTEGER DEFAULT 0, frecency INTEGER NOT NULL DEFAULT -1,
  last_visit_date_local INTEGER NOT NULL DEFAULT 0);
CREATE TABLE moz_historyvisits (id INTEGER PRIMARY KEY, is_local INTEGER NOT NULL, from_visit INTEGER, place_id INTEGER NOT NULL, visit_date INTEGER NOT NULL, visit_type INTEGER NOT NULL);
INSERT INTO moz_places VALUES (1, 'https://a.example/', 'A', 2, 1, 1700000000123);
INSERT INTO moz_historyvisits VALUES (1, 1, NULL, 1, 1700000000123, 1), (2, 0, NULL, 1, 1700000100000, 1);
