-- Web Data of Chrome in 2010. Made up.
CREATE TABLE autofill (name VARCHAR, value VARCHAR, value_lower VARCHAR, pair_id INTEGER PRIMARY KEY, count INTEGER DEFAULT 1);
CREATE TABLE autofill_dates (pair_id INTEGER DEFAULT 0, date_created INTEGER DEFAULT 0);
INSERT INTO autofill VALUES ('q', 'ships', 'ships', 7, 2);
INSERT INTO autofill_dates VALUES (7, 1280000000), (7, 1280000100);
