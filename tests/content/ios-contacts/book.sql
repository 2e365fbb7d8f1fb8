-- An address book as of iOS 15, with the columns that the pack reads. Made up.
CREATE TABLE ABPerson (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, First TEXT, Last TEXT, Middle TEXT, Organization TEXT,
  Nickname TEXT, CreationDate INTEGER, ModificationDate INTEGER, DisplayName TEXT, StoreID INTEGER);
CREATE TABLE ABMultiValue (UID INTEGER PRIMARY KEY, record_id INTEGER, property INTEGER, identifier INTEGER, label INTEGER,
  value TEXT);
INSERT INTO ABPerson (ROWID, First, Last, Middle, Organization, Nickname, CreationDate, ModificationDate, DisplayName) VALUES
  (1, 'Ada', 'Voorbeeld', 'M.', NULL, NULL, 700000000, 700000100, NULL),
  (2, NULL, NULL, NULL, 'Garage Test', NULL, 700000200, NULL, NULL),
  (3, NULL, NULL, NULL, NULL, 'Sproet', 700000300, 0, NULL),
  (4, '', NULL, NULL, NULL, NULL, 700000400, 700000400, 'only shown so'),
  (7, 'Zonder', 'Nummer', NULL, NULL, NULL, 700000500, 700000600, NULL);
INSERT INTO ABMultiValue (UID, record_id, property, identifier, label, value) VALUES
  (1, 1, 3, 0, 1, '0470 00 00 01'), (2, 1, 4, 0, 2, 'ada@mail.example'), (3, 1, 5, 0, 2, NULL), (4, 1, 22, 0, 3, 'http://a.example'),
  (5, 2, 3, 0, 1, '+32 2 000 00 02'), (6, 3, 3, 0, 1, '0470000003'), (7, 4, 4, 0, NULL, 'four@mail.example'),
  (8, 99, 3, 0, 1, '0470000099'), (9, 7, 22, 0, 3, 'http://z.example'), (10, 7, 3, 0, 1, '');
