-- Android 2.3. Made up.
CREATE TABLE mimetypes (_id INTEGER PRIMARY KEY AUTOINCREMENT, mimetype TEXT NOT NULL);
CREATE TABLE raw_contacts (_id INTEGER PRIMARY KEY AUTOINCREMENT, account_name TEXT, account_type TEXT, deleted INTEGER NOT NULL DEFAULT 0,
  contact_id INTEGER);
CREATE TABLE data (_id INTEGER PRIMARY KEY AUTOINCREMENT, mimetype_id INTEGER NOT NULL, raw_contact_id INTEGER NOT NULL, data1 TEXT,
  data2 TEXT, data3 TEXT, data4 TEXT);
INSERT INTO mimetypes VALUES (5, 'vnd.android.cursor.item/phone_v2'), (6, 'vnd.android.cursor.item/name');
INSERT INTO raw_contacts VALUES (1, NULL, NULL, 0, 1);
INSERT INTO data VALUES (1, 6, 1, 'Bob', NULL, NULL, NULL), (2, 5, 1, '0470000001', '2', NULL, '1000000740');
