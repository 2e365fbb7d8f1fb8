-- As the telephony provider of Android 10 lays it out, with its triggers; numbers and texts are made up.
CREATE TABLE android_metadata (locale TEXT);
CREATE TABLE canonical_addresses (_id INTEGER PRIMARY KEY AUTOINCREMENT, address TEXT);
CREATE TABLE threads (_id INTEGER PRIMARY KEY AUTOINCREMENT, date INTEGER DEFAULT 0, message_count INTEGER DEFAULT 0,
  recipient_ids TEXT, snippet TEXT, snippet_cs INTEGER DEFAULT 0, read INTEGER DEFAULT 1, archived INTEGER DEFAULT 0,
  type INTEGER DEFAULT 0, error INTEGER DEFAULT 0, has_attachment INTEGER DEFAULT 0);
CREATE TABLE sms (_id INTEGER PRIMARY KEY, thread_id INTEGER, address TEXT, person INTEGER, date INTEGER,
  date_sent INTEGER DEFAULT 0, protocol INTEGER, read INTEGER DEFAULT 0, status INTEGER DEFAULT -1, type INTEGER,
  reply_path_present INTEGER, subject TEXT, body TEXT, service_center TEXT, locked INTEGER DEFAULT 0,
  sub_id INTEGER DEFAULT -1, error_code INTEGER DEFAULT -1, creator TEXT, seen INTEGER DEFAULT 0);
CREATE TABLE pdu (_id INTEGER PRIMARY KEY AUTOINCREMENT, thread_id INTEGER, date INTEGER, date_sent INTEGER DEFAULT 0,
  msg_box INTEGER, read INTEGER DEFAULT 0, m_id TEXT, sub TEXT, sub_cs INTEGER, ct_t TEXT, m_type INTEGER,
  sub_id INTEGER DEFAULT -1, seen INTEGER DEFAULT 0, creator TEXT, text_only INTEGER DEFAULT 0);
CREATE TABLE part (_id INTEGER PRIMARY KEY AUTOINCREMENT, mid INTEGER, seq INTEGER DEFAULT 0, ct TEXT, name TEXT,
  chset INTEGER, cd TEXT, fn TEXT, cid TEXT, cl TEXT, ctt_s INTEGER, ctt_t TEXT, _data TEXT, text TEXT);
CREATE TABLE addr (_id INTEGER PRIMARY KEY, msg_id INTEGER, contact_id INTEGER, address TEXT, type INTEGER,
  charset INTEGER);
CREATE INDEX typeThreadIdIndex ON sms (type, thread_id);
CREATE TRIGGER part_cleanup DELETE ON pdu BEGIN DELETE FROM part WHERE mid = old._id; END;

INSERT INTO canonical_addresses (address) VALUES ('+32400000001'), ('+32400000002'), ('BANK');
INSERT INTO threads (recipient_ids) VALUES ('1'), ('3'), ('2 1');
INSERT INTO sms (_id, thread_id, address, date, date_sent, type, body, service_center) VALUES
  (1, 1, '+32400000001', 1700000000500, 1699999999000, 1, 'are you coming?', '+32400009999'),
  (2, 1, '0400 00 00 01', 1700000060000, 0, 2, 'yes, at six', NULL),
  (3, 2, 'BANK', 1700000120000, 0, 1, 'no time of sending is stored for this one', NULL),
  (4, 1, NULL, 1700000180000, 0, 3, 'a draft', NULL),
  (5, 1, '+32400000001', 1700000240000, 0, 5, 'not sent', NULL),
  (6, 9, '+32400000077', 1700000300000, 0, 1, 'its thread is gone', NULL),
  (7, 9, '+32400000077', 0, 0, 12, NULL, NULL);
INSERT INTO pdu (_id, thread_id, date, date_sent, msg_box, m_id, sub, m_type) VALUES
  (1, 3, 1700000400, 1700000390, 1, 'mms-1@example', 'plans', 132),
  (2, 3, 1700000460, 0, 2, NULL, NULL, 128),
  (3, 3, 1700000520, 0, 1, NULL, NULL, 130),
  (4, 3, 1700000580, 0, 1, NULL, NULL, 134),
  (5, 3, 1700000640, 0, 1, NULL, NULL, 132);
DELETE FROM pdu WHERE _id = 5;
INSERT INTO part (_id, mid, seq, ct, name, cl, _data, text) VALUES
  (1, 1, -1, 'application/smil', NULL, 'smil.xml', NULL, '<smil/>'),
  (2, 1, 1, 'text/plain', NULL, 'text_1.txt', NULL, 'second part'),
  (3, 1, 0, 'text/plain', NULL, 'text_0.txt', NULL, 'first part'),
  (4, 2, 0, 'image/jpeg', NULL, 'IMG_1.jpg', '/data/user_de/0/com.android.providers.telephony/app_parts/PART_1', NULL);
INSERT INTO addr (_id, msg_id, address, type) VALUES
  (1, 1, '+32400000002', 137), (2, 1, '+32400000099', 151), (3, 1, '+32400000001', 130),
  (4, 2, 'insert-address-token', 137), (5, 2, '+32400000001', 151), (6, 2, '+32400000002', 151),
  (7, 3, '+32400000002', 137);
