CREATE TABLE messages (_id INTEGER PRIMARY KEY, contact_value TEXT);
CREATE TABLE contacts (_id INTEGER PRIMARY KEY, contact_value TEXT);
INSERT INTO messages VALUES (1, 'x');
