-- downloads.sqlite of Firefox 25. Made up.
CREATE TABLE moz_downloads (id INTEGER PRIMARY KEY, name TEXT, source TEXT, target TEXT, tempPath TEXT, startTime INTEGER, endTime INTEGER, state INTEGER);
INSERT INTO moz_downloads VALUES (1, 'x.zip', 'https://a.example/x.zip', 'file:///D:/x.zip', '', 1374173999312000, 1374174078578000, 1);
