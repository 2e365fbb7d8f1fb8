-- Tables of these names with other columns.
CREATE TABLE Events (id INTEGER PRIMARY KEY); CREATE TABLE Messages (EventID INTEGER PRIMARY KEY, Body TEXT);
CREATE TABLE ChatInfo (id INTEGER PRIMARY KEY); CREATE TABLE Contact (id INTEGER PRIMARY KEY);
INSERT INTO Messages VALUES (1, 'x');
