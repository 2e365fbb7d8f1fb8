-- Tables of these names with other columns.
CREATE TABLE message (id INTEGER PRIMARY KEY, text, date);
CREATE TABLE handle (id); CREATE TABLE chat (id); CREATE TABLE chat_message_join (chat_id, message_id);
INSERT INTO message VALUES (1, 'x', 1);
