-- Cookies of Chrome. Made up.
CREATE TABLE cookies (creation_utc INTEGER NOT NULL, host_key TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, path TEXT NOT NULL,
  expires_utc INTEGER NOT NULL, last_access_utc INTEGER NOT NULL, encrypted_value BLOB DEFAULT '', UNIQUE (host_key, name, path));
INSERT INTO cookies VALUES (13344473600000000, '.a.example', 'x', 'secret', '/', 0, 13344473700000000, ''),
  (13344473600000001, 'a.example', 'y', 'secret', '/', 0, 13344473800000000, ''), (13344473600000002, 'b.example', 'x', '', '/', 0, 13344473600000002, 'v10');
