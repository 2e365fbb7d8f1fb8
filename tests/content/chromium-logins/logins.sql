-- Login Data of Chrome. Made up.
CREATE TABLE logins (origin_url VARCHAR NOT NULL, action_url VARCHAR, username_element VARCHAR, username_value VARCHAR, password_element VARCHAR,
  password_value BLOB, submit_element VARCHAR, signon_realm VARCHAR NOT NULL, date_created INTEGER NOT NULL, blacklisted_by_user INTEGER NOT NULL,
  scheme INTEGER NOT NULL, date_last_used INTEGER NOT NULL DEFAULT 0, UNIQUE (origin_url, username_element, username_value, password_element, signon_realm));
INSERT INTO logins VALUES ('https://a.example/login', '', 'u', 'ann', 'p', 'secret', '', 'https://a.example/', 13344473600000000, 0, 0, 13344473700000000),
  ('', '', '', 'ann', '', 'secret', '', 'android://x@org.chat/', 1400000000, 0, 0, 0), ('https://b.example/', '', '', '', '', '', '', 'https://b.example/', 13344473600000000, 1, 0, 0);
