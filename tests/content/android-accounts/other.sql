CREATE TABLE accounts (_id INTEGER PRIMARY KEY, name TEXT, type TEXT, balance INTEGER);
INSERT INTO accounts VALUES (1, 'savings', 'bank', 5);
