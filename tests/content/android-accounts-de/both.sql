-- Accounts of Android 6. Made up.
CREATE TABLE accounts (_id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, type TEXT NOT NULL, password TEXT, previous_name TEXT,
  last_password_entry_time_millis_epoch INTEGER DEFAULT 0, UNIQUE(name, type));
CREATE TABLE grants (accounts_id INTEGER NOT NULL, auth_token_type STRING NOT NULL DEFAULT '', uid INTEGER NOT NULL);
CREATE TABLE extras (_id INTEGER PRIMARY KEY AUTOINCREMENT, accounts_id INTEGER, key TEXT NOT NULL, value TEXT);
INSERT INTO accounts VALUES (1, 'ann@example.org', 'com.google', 'secret', NULL, 0);
