-- threads_db2 of Messenger, as far as it is read. Made up.
CREATE TABLE messages (msg_id TEXT PRIMARY KEY, thread_key TEXT, text TEXT, sender TEXT, timestamp_ms INTEGER, msg_type INTEGER, attachments TEXT, generic_admin_message_extensible_data TEXT);
CREATE TABLE threads (thread_key TEXT PRIMARY KEY, name TEXT);
CREATE TABLE thread_users (user_key TEXT PRIMARY KEY, first_name TEXT, last_name TEXT);
INSERT INTO threads VALUES ('ONE_TO_ONE:1001:1009', NULL), ('GROUP:77', 'The crew');
INSERT INTO thread_users VALUES ('FACEBOOK:1001', 'Bob', 'B');
INSERT INTO messages VALUES ('m_1', 'ONE_TO_ONE:1001:1009', 'see you', '{"user_key":"FACEBOOK:1001","name":"Bob B"}', 1700000000000, 0, NULL, NULL),
  ('m_2', 'GROUP:77', NULL, '{"user_key":"FACEBOOK:1009","name":"Ann X"}', 1700000100000, 0, '[{"filename":"a.jpg"}]', NULL),
  ('m_3', 'GROUP:77', 'Bob called', '{"user_key":"FACEBOOK:1001","name":"Bob B"}', 1700000200000, 0, '', '{"call_duration":5}'), ('m_4', 'GROUP:77', NULL, NULL, 0, -1, NULL, NULL);
