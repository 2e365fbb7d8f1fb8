-- groupme.db, as far as it is read. Made up.
CREATE TABLE messages (_id INTEGER PRIMARY KEY, conversation_id TEXT, created_at INTEGER, name TEXT, sender_type TEXT, message_text TEXT, is_system INTEGER, hidden INTEGER, photo_url TEXT, video_url TEXT,
  location_lat TEXT, location_lng TEXT, location_name TEXT);
CREATE TABLE groups (group_id TEXT PRIMARY KEY, name TEXT);
INSERT INTO groups VALUES ('77', 'The crew');
INSERT INTO messages VALUES (1, '77', 1700000000, 'Bob', 'user', 'see you', 0, 0, NULL, NULL, NULL, NULL, NULL), (2, '77', 1700000100, 'Bob', 'user', NULL, 0, 1, 'https://i.example/a.jpg', NULL, NULL, NULL, NULL),
  (3, '78', 1700000200, 'Cor', 'user', NULL, 0, 0, NULL, NULL, '51.05', '3.72', 'Market'), (4, '77', 1700000300, 'GroupMe', 'system', 'Bob left', 1, 0, NULL, NULL, NULL, NULL, NULL);
