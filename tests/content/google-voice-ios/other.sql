-- Tables of these names with other columns.
CREATE TABLE ThreadItem(id INTEGER PRIMARY KEY, text); CREATE TABLE ThreadParticipant(phoneNumberE164, threadKey);
INSERT INTO ThreadItem VALUES (1, 'x');
