-- Kik, as far as it is read. Made up.
CREATE TABLE messagesTable (_id INTEGER PRIMARY KEY AUTOINCREMENT, body VARCHAR, partner_jid VARCHAR, was_me INT, read_state INT, uid VARCHAR, length INT,
  timestamp LONG, bin_id VARCHAR, sys_msg VARCHAR, stat_msg VARCHAR, content_id VARCHAR, app_id VARCHAR);
CREATE TABLE KIKcontactsTable (_id INTEGER PRIMARY KEY AUTOINCREMENT, jid VARCHAR, display_name VARCHAR, user_name VARCHAR, is_group INT);
CREATE TABLE KIKContentTable (_id INTEGER PRIMARY KEY AUTOINCREMENT, content_id VARCHAR, content_type INT, content_name VARCHAR, content_string VARCHAR);
INSERT INTO KIKcontactsTable VALUES (1, 'bob_x1@talk.kik.com', 'Bob', 'bob', 0), (2, '11_g@groups.kik.com', 'The crew', NULL, 1);
INSERT INTO messagesTable VALUES (1, 'see you', 'bob_x1@talk.kik.com', 0, 500, 'a-1', 7, 1700000000000, 'bob_x1@talk.kik.com', NULL, NULL, NULL, NULL),
  (2, 'at eight', 'bob_x1@talk.kik.com', 1, 500, 'a-2', 8, 1700000100000, 'bob_x1@talk.kik.com', NULL, NULL, NULL, NULL),
  (3, 'in the group', 'bob_x1@talk.kik.com', 0, 500, 'a-3', 8, 1700000200000, '11_g@groups.kik.com', NULL, NULL, NULL, NULL),
  (4, NULL, 'bob_x1@talk.kik.com', 0, 500, 'a-4', 0, 1700000300000, 'bob_x1@talk.kik.com', NULL, NULL, 'c-1', 'com.kik.ext.gallery'),
  (5, NULL, 'nobody_x2@talk.kik.com', 0, 500, 'a-5', 0, 1700000400000, '11_g@groups.kik.com', NULL, 'nobody has left', NULL, NULL);
INSERT INTO KIKContentTable VALUES (1, 'c-1', 1, 'file-name', 'a.jpg'), (2, 'c-1', 1, 'file-size', '77');
