CREATE TABLE messagesTable (_id INTEGER PRIMARY KEY, body TEXT);
INSERT INTO messagesTable VALUES (1, 'x');
