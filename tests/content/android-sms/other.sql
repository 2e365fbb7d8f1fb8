-- A table of the same name with other columns.
CREATE TABLE sms (id INTEGER PRIMARY KEY, number TEXT, message TEXT);
INSERT INTO sms VALUES (1, '5550001', 'hello');
