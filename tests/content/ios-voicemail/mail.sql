-- Voicemail as of iOS 15. Made up.
CREATE TABLE voicemail (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, remote_uid INTEGER, date INTEGER, token TEXT, sender TEXT,
  callback_num TEXT, duration INTEGER, expiration INTEGER, trashed_date INTEGER, flags INTEGER, receiver TEXT, label TEXT);
INSERT INTO voicemail (ROWID, remote_uid, date, sender, callback_num, duration, trashed_date) VALUES
  (1, 11, 1678307200, '+32470000001', '+32470000001', 12, 0), (2, 12, 1678307300, NULL, '+32470000002', 5, 700000300),
  (4, 13, 1678307400, NULL, NULL, 7, 0);
