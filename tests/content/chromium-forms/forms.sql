-- Web Data of Chrome. Made up.
CREATE TABLE autofill (name VARCHAR, value VARCHAR, value_lower VARCHAR, date_created INTEGER DEFAULT 0, date_last_used INTEGER DEFAULT 0,
  count INTEGER DEFAULT 1, PRIMARY KEY (name, value));
INSERT INTO autofill VALUES ('email', 'Ann@example.org', 'ann@example.org', 1700000000, 1700000100, 2), ('password2', 'secret', 'secret', 1700000000, 0, 1);
