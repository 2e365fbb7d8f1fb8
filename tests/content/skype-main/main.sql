-- Skype 7, as far as it is read. Made up.
CREATE TABLE Accounts (id INTEGER PRIMARY KEY, skypename TEXT, fullname TEXT, emails TEXT);
CREATE TABLE Contacts (id INTEGER PRIMARY KEY, skypename TEXT, fullname TEXT, displayname TEXT, phone_mobile TEXT);
CREATE TABLE Chats (id INTEGER PRIMARY KEY, name TEXT, friendlyname TEXT, participants TEXT);
CREATE TABLE Messages (id INTEGER PRIMARY KEY, chatname TEXT, author TEXT, from_dispname TEXT, dialog_partner TEXT, body_xml TEXT, timestamp INTEGER, type INTEGER);
CREATE TABLE Calls (id INTEGER PRIMARY KEY, begin_timestamp INTEGER, duration INTEGER, is_incoming INTEGER, host_identity TEXT);
INSERT INTO Accounts VALUES (1, 'ann.x', 'Ann X', 'ann@example.org');
INSERT INTO Contacts VALUES (1, 'bob.b', 'Bob B', 'Bob', '+32470000001'), (2, '', NULL, NULL, NULL);
INSERT INTO Chats VALUES (1, '#ann.x/$bob.b;1', 'Bob', 'ann.x bob.b'), (2, '#ann.x/$crew;2', 'The crew', 'ann.x bob.b cor.c');
INSERT INTO Messages VALUES (1, '#ann.x/$bob.b;1', 'bob.b', 'Bob', 'bob.b', 'see &amp; hear', 1400000000, 61), (2, '#ann.x/$bob.b;1', 'ann.x', 'Ann X', 'bob.b', 'at eight', 1400000100, 61),
  (3, '#ann.x/$crew;2', 'cor.c', 'Cor', NULL, 'all', 1400000200, 61), (4, '#gone', 'bob.b', 'Bob', NULL, NULL, 1400000300, 253);
INSERT INTO Calls VALUES (1, 1400000400, 12, 1, 'bob.b'), (2, 1400000500, NULL, 0, 'ann.x');
