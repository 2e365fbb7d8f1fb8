-- Accounts of Android 11. Made up.
CREATE TABLE accounts (_id INTEGER PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL, previous_name TEXT,
  last_password_entry_time_millis_epoch INTEGER DEFAULT 0, UNIQUE(name, type));
CREATE TABLE grants (accounts_id INTEGER NOT NULL, auth_token_type STRING NOT NULL DEFAULT '', uid INTEGER NOT NULL);
INSERT INTO accounts VALUES (1, 'ann@example.org', 'com.google', 'anna@example.org', 1700000000000), (2, 'Signal', 'org.thoughtcrime.securesms', NULL, 0);
