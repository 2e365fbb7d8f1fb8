-- Tables of these names with other columns.
CREATE TABLE ABPerson (id INTEGER PRIMARY KEY, First TEXT); CREATE TABLE ABMultiValue (UID INTEGER PRIMARY KEY, value TEXT);
INSERT INTO ABPerson VALUES (1, 'x');
