-- A table of this name with other columns.
CREATE TABLE voicemail (ROWID INTEGER PRIMARY KEY, title TEXT);
INSERT INTO voicemail VALUES (1, 'x');
