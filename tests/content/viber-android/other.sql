CREATE TABLE calls (_id INTEGER PRIMARY KEY, number TEXT, date LONG, duration LONG, type INT);
INSERT INTO calls VALUES (1, '1', 1, 1, 1);
