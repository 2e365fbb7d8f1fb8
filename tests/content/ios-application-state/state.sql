-- applicationState.db of iOS. Made up.
CREATE TABLE application_identifier_tab (id INTEGER PRIMARY KEY, application_identifier TEXT NOT NULL UNIQUE);
CREATE TABLE key_tab (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE);
CREATE TABLE kvs (id INTEGER PRIMARY KEY, application_identifier INTEGER NOT NULL, key INTEGER NOT NULL, value BLOB);
INSERT INTO application_identifier_tab VALUES (1, 'com.apple.Maps'), (2, 'org.whispersystems.signal'), (5, 'com.kik.chat'), (7, 'com.mojang.minecraftpe');
INSERT INTO key_tab VALUES (1, 'compatibilityInfo');
INSERT INTO kvs VALUES (1, 2, 1, x'62706c6973743030');
