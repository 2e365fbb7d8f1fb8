-- msys_database of Messenger, as far as it is read. Made up.
CREATE TABLE messages (message_id TEXT PRIMARY KEY, thread_key INTEGER, timestamp_ms INTEGER, sender_id INTEGER, text TEXT, is_admin_message INTEGER);
CREATE TABLE contacts (id INTEGER PRIMARY KEY, name TEXT, username TEXT, phone_number TEXT, email_address TEXT);
CREATE TABLE attachments (message_id TEXT, filename TEXT, playable_url_mime_type TEXT);
CREATE TABLE call_log (thread_key INTEGER, call_timestamp_ms INTEGER, call_duration INTEGER, call_direction INTEGER);
INSERT INTO contacts VALUES (1001, 'Bob B', 'bob', '+32470000001', NULL);
INSERT INTO messages VALUES ('mid.1', 1001, 1700000000000, 1001, 'see you', 0), ('mid.2', 1001, 1700000100000, 1009, NULL, 0), ('mid.3', 77, 1700000200000, 1002, 'left', 1);
INSERT INTO attachments VALUES ('mid.2', 'a.mp4', 'video/mp4'), ('mid.9', 'b.mp4', 'video/mp4');
INSERT INTO call_log VALUES (1001, 1700000300000, 12, 2);
