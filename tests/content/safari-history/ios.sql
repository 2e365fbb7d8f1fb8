-- History.db of Safari. Made up.
CREATE TABLE history_items (id INTEGER PRIMARY KEY AUTOINCREMENT, url TEXT NOT NULL UNIQUE, visit_count INTEGER NOT NULL);
CREATE TABLE history_visits (id INTEGER PRIMARY KEY AUTOINCREMENT, history_item INTEGER NOT NULL, visit_time REAL NOT NULL, title TEXT NULL, origin INTEGER NOT NULL DEFAULT 0);
INSERT INTO history_items VALUES (1, 'https://a.example/', 2);
INSERT INTO history_visits VALUES (1, 1, 721692800.5, 'A', 0), (2, 1, 721692801.0, 'A', 0), (3, 1, 721692802.0, NULL, 1), (4, 9, 721692803.0, 'B', 0);
DELETE FROM history_visits WHERE id = 2;
