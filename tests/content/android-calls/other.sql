-- Calls that another application keeps.
CREATE TABLE calls (_id INTEGER PRIMARY KEY, call_id LONG, number TEXT, date LONG, duration LONG, type INT);
INSERT INTO calls VALUES (1, 1, '+32470000001', 1700000000000, 5, 1);
