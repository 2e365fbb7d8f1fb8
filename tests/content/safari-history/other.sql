CREATE TABLE history_items (id INTEGER PRIMARY KEY, url TEXT);
CREATE TABLE history_visits (id INTEGER PRIMARY KEY, history_item INTEGER);
INSERT INTO history_items VALUES (1, 'https://a.example/');
