CREATE TABLE conversation_message (id INTEGER PRIMARY KEY, body TEXT);
INSERT INTO conversation_message VALUES (1, 'x');
