-- Android 4.4: no sub_id, no creator, and here no MMS tables at all.
CREATE TABLE sms (_id INTEGER PRIMARY KEY, thread_id INTEGER, address TEXT, person INTEGER, date INTEGER,
  protocol INTEGER, read INTEGER DEFAULT 0, status INTEGER DEFAULT -1, type INTEGER, reply_path_present INTEGER,
  subject TEXT, body TEXT, service_center TEXT, locked INTEGER DEFAULT 0, error_code INTEGER DEFAULT 0,
  seen INTEGER DEFAULT 0);
INSERT INTO sms (_id, thread_id, address, date, type, body) VALUES
  (1, 4, '5550001', 1383065788038, 1, 'hello'),
  (3, 4, '5550001', 1383065798038, 2, 'hello yourself');
