-- The address book of Android 13, as far as it is read. Made up.
CREATE TABLE accounts (_id INTEGER PRIMARY KEY AUTOINCREMENT, account_name TEXT, account_type TEXT, data_set TEXT);
CREATE TABLE mimetypes (_id INTEGER PRIMARY KEY AUTOINCREMENT, mimetype TEXT NOT NULL);
CREATE TABLE contacts (_id INTEGER PRIMARY KEY AUTOINCREMENT, name_raw_contact_id INTEGER, contact_last_updated_timestamp INTEGER);
CREATE TABLE raw_contacts (_id INTEGER PRIMARY KEY AUTOINCREMENT, account_id INTEGER, deleted INTEGER NOT NULL DEFAULT 0,
  contact_id INTEGER, display_name TEXT);
CREATE TABLE data (_id INTEGER PRIMARY KEY AUTOINCREMENT, mimetype_id INTEGER NOT NULL, raw_contact_id INTEGER NOT NULL, data1 TEXT,
  data2 TEXT, data3 TEXT, data4 TEXT);
CREATE TABLE deleted_contacts (contact_id INTEGER PRIMARY KEY, contact_deleted_timestamp INTEGER NOT NULL DEFAULT 0);
INSERT INTO accounts VALUES (1, 'ann@example.org', 'com.google', NULL), (2, 'WhatsApp', 'com.whatsapp', NULL),
  (3, '+32470000009', 'com.viber.voip', NULL), (4, NULL, NULL, NULL), (5, 'ann_9', 'com.twitter.android.auth.login', NULL);
INSERT INTO mimetypes VALUES (1, 'vnd.android.cursor.item/name'), (2, 'vnd.android.cursor.item/phone_v2'),
  (3, 'vnd.android.cursor.item/email_v2'), (4, 'vnd.android.cursor.item/im'), (5, 'vnd.android.cursor.item/note'),
  (6, 'vnd.android.cursor.item/vnd.com.whatsapp.profile');
INSERT INTO contacts VALUES (1, 1, 1700000000000), (2, 2, 0), (3, 4, NULL);
INSERT INTO raw_contacts VALUES (1, 1, 0, 1, 'Bob B.'), (2, 1, 0, 2, 'Cor'), (3, 1, 1, NULL, 'Dirk'), (4, 1, 0, 3, NULL),
  (5, 2, 0, 1, 'Bob WhatsApp'), (6, 1, 1, NULL, 'Eva');
INSERT INTO data VALUES (1, 1, 1, 'Bob B.', NULL, NULL, NULL), (2, 2, 1, '0470 00 00 01', '2', NULL, '+32470000001'),
  (3, 3, 1, 'bob@example.org', '1', NULL, NULL), (4, 5, 1, 'owes 50', NULL, NULL, NULL), (5, 4, 1, 'bob.b', NULL, NULL, NULL),
  (6, 1, 2, 'Cor', NULL, NULL, NULL), (7, 2, 3, '0470000002', '2', NULL, NULL), (8, 2, 4, '112', '2', NULL, NULL),
  (9, 1, 4, 'Ambulance', NULL, NULL, NULL), (10, 6, 5, '32470000001@s.whatsapp.net', NULL, NULL, NULL), (11, 2, 1, ' ', NULL, NULL, NULL),
  (12, 2, 99, '0470000003', NULL, NULL, NULL);
INSERT INTO deleted_contacts VALUES (9, 1700000000000);
