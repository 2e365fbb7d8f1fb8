-- SIM cards of Android 12. Made up.
CREATE TABLE siminfo (_id INTEGER PRIMARY KEY AUTOINCREMENT, icc_id TEXT NOT NULL, sim_id INTEGER DEFAULT -1, display_name TEXT,
  carrier_name TEXT, number TEXT, mcc INTEGER DEFAULT 0, mnc INTEGER DEFAULT 0, mcc_string TEXT, mnc_string TEXT, iso_country_code TEXT, imsi TEXT);
INSERT INTO siminfo VALUES (1, '8932011111111111111', 0, 'Work', 'Example', '+32470000001', 206, 1, '206', '01', 'be', '206011111111111'),
  (2, '8931011111111111112F', -1, 'Other', 'Other', '', 204, 8, '204', '08', 'nl', '204'),
  (3, '', 1, NULL, NULL, NULL, 0, 0, NULL, NULL, '', NULL);
