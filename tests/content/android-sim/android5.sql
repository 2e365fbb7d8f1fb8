-- SIM cards of Android 5.1. Made up.
CREATE TABLE siminfo (_id INTEGER PRIMARY KEY AUTOINCREMENT, icc_id TEXT NOT NULL, sim_id INTEGER DEFAULT -1, display_name TEXT,
  carrier_name TEXT, name_source INTEGER DEFAULT 0, color INTEGER DEFAULT 0, number TEXT, mcc INTEGER DEFAULT 0, mnc INTEGER DEFAULT 0);
INSERT INTO siminfo VALUES (1, '8932011111111111111', 0, 'Example', 'Example', 0, 0, '0470000001', 206, 1);
