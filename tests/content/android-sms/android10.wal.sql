INSERT INTO sms (_id, thread_id, address, date, date_sent, type, body) VALUES
  (8, 1, '+32400000001', 1700000700000, 1700000699000, 1, 'only in the log');
