-- arroyo.db of Snapchat on iOS, as far as it is read. Made up.
CREATE TABLE conversation_message (client_conversation_id TEXT NOT NULL, client_message_id INTEGER NOT NULL, server_message_id INTEGER, message_content BLOB, creation_timestamp INTEGER NOT NULL,
  read_timestamp INTEGER, content_type INTEGER NOT NULL, sender_id TEXT, is_saved INTEGER, PRIMARY KEY (client_conversation_id, client_message_id));
CREATE TABLE feed_entry (client_conversation_id TEXT PRIMARY KEY, conversation_title TEXT);
INSERT INTO conversation_message VALUES ('c-1', 1, 11, x'220c220a12080a06736565207975', 1700000000000, 0, 1, 'u-bob', 0), ('c-2', 2, 12, x'220a220812060a046e6f6f6e', 1700000100000, 0, 1, 'u-ann', 1);
INSERT INTO feed_entry VALUES ('c-1', 'Walkers'), ('c-2', '');
