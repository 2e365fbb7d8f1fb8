-- The columns that every version has. Made up.
CREATE TABLE ABPerson (ROWID INTEGER PRIMARY KEY, First TEXT, Last TEXT, Organization TEXT, CreationDate INTEGER,
  ModificationDate INTEGER);
CREATE TABLE ABMultiValue (UID INTEGER PRIMARY KEY, record_id INTEGER, property INTEGER, value TEXT);
INSERT INTO ABPerson VALUES (1, 'Oud', 'Toestel', NULL, 300000000, 300000001);
INSERT INTO ABMultiValue VALUES (1, 1, 3, '0470000001');
