-- main.db of Snapchat. Made up.
CREATE TABLE Friend (_id INTEGER PRIMARY KEY, userId TEXT, username TEXT, displayName TEXT);
INSERT INTO Friend VALUES (1, 'u-bob', 'bobb', 'Bob'), (2, 'u-ann', 'annx', NULL);
