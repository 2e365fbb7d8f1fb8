-- Samsung, Android 4.4. Made up.
CREATE TABLE logs (_id INTEGER PRIMARY KEY AUTOINCREMENT, number TEXT, address TEXT, date INTEGER, duration INTEGER, type INTEGER, new INTEGER,
  name TEXT, messageid TEXT, logtype INTEGER NOT NULL, m_subject TEXT, m_content TEXT);
INSERT INTO logs VALUES (1, '0470000001', NULL, 1400000000000, 30, 2, 0, 'Bob', NULL, 100, NULL, NULL),
  (2, '0470000001', NULL, 1400000100000, 0, 1, 0, 'Bob', '7', 300, NULL, 'see you at'), (3, '', NULL, 1400000200000, 0, 5, 0, NULL, NULL, 100, NULL, NULL);
