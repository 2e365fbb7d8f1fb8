-- Accounts of Android 11. Made up.
CREATE TABLE accounts (_id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, type TEXT NOT NULL, password TEXT, UNIQUE(name, type));
CREATE TABLE authtokens (_id INTEGER PRIMARY KEY AUTOINCREMENT, accounts_id INTEGER NOT NULL, type TEXT NOT NULL, authtoken TEXT);
CREATE TABLE extras (_id INTEGER PRIMARY KEY AUTOINCREMENT, accounts_id INTEGER, key TEXT NOT NULL, value TEXT);
INSERT INTO accounts VALUES (1, 'ann@example.org', 'com.google', 'secret'), (2, 'WhatsApp', 'com.whatsapp', NULL),
  (4, '123456789', 'org.telegram.messenger', NULL), (5, 'ann_9', 'com.twitter.android.auth.login', NULL);
INSERT INTO authtokens VALUES (1, 1, 'x', 'secret token');
INSERT INTO extras VALUES (1, 1, 'services', 'mail');
INSERT INTO accounts VALUES (6, 'gone@example.org', 'com.google', NULL);
DELETE FROM accounts WHERE _id = 6;
