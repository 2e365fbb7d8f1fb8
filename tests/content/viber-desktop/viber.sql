-- Viber on a desktop, with the columns that the pack reads. Made up.
CREATE TABLE Events (EventID INTEGER PRIMARY KEY, TimeStamp INTEGER, Direction INTEGER, Type INTEGER, ChatID INTEGER, ContactID INTEGER,
  Token INTEGER);
CREATE TABLE Messages (EventID INTEGER PRIMARY KEY, Body TEXT, Info TEXT);
CREATE TABLE ChatInfo (ChatID INTEGER PRIMARY KEY, Name TEXT, Token INTEGER, Flags INTEGER);
CREATE TABLE Contact (ContactID INTEGER PRIMARY KEY, Name TEXT, Number TEXT, MID TEXT);
INSERT INTO Contact VALUES (1, 'Ada', '+32470000001', 'mid-1'), (2, NULL, NULL, 'mid-2');
INSERT INTO ChatInfo VALUES (1, NULL, 0, 0), (2, 'Ploeg', 77, 0);
INSERT INTO Events VALUES (1, 1678307200500, 1, 1, 1, 1, 501), (2, 1678307210000, 0, 1, 1, 1, 502), (3, 1678307220000, 0, 3, 2, 2, 503);
INSERT INTO Messages VALUES (1, 'hello', NULL), (2, 'hi', NULL), (3, 'renamed', NULL), (9, 'alone', NULL);
