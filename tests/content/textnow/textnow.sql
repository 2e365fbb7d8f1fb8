-- textnow_data.db, as far as it is read. Made up.
CREATE TABLE messages (_id INTEGER PRIMARY KEY AUTOINCREMENT, contact_value TEXT, message_direction INTEGER, message_text TEXT, message_type INTEGER, date INTEGER, attach TEXT, read INTEGER);
CREATE TABLE contacts (_id INTEGER PRIMARY KEY AUTOINCREMENT, contact_value TEXT, contact_name TEXT);
INSERT INTO contacts VALUES (1, '+12025550101', 'Bob');
INSERT INTO messages VALUES (1, '+12025550101', 1, 'see you', 1, 1700000000000, NULL, 1), (2, '+12025550101', 2, NULL, 2, 1700000100000, '/sd/a.jpg', 1), (3, '+12025550102', 2, '61', 102, 1700000200000, NULL, 1);
