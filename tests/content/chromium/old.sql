-- History of Chrome in 2011. Made up.
CREATE TABLE urls (id INTEGER PRIMARY KEY, url LONGVARCHAR, title LONGVARCHAR, visit_count INTEGER, typed_count INTEGER, last_visit_time INTEGER NOT NULL);
CREATE TABLE visits (id INTEGER PRIMARY KEY, url INTEGER NOT NULL, visit_time INTEGER NOT NULL, from_visit INTEGER, transition INTEGER NOT NULL);
CREATE TABLE keyword_search_terms (keyword_id INTEGER NOT NULL, url_id INTEGER NOT NULL, lower_term LONGVARCHAR NOT NULL, term LONGVARCHAR NOT NULL);
CREATE TABLE downloads (id INTEGER PRIMARY KEY, full_path LONGVARCHAR NOT NULL, url LONGVARCHAR NOT NULL, start_time INTEGER NOT NULL,
  received_bytes INTEGER, total_bytes INTEGER, state INTEGER);
INSERT INTO urls VALUES (1, 'http://a.example/', 'A', 1, 0, 12950613440927582);
INSERT INTO visits VALUES (1, 1, 12950613440927582, 0, 0), (2, 7, 12950613440927583, 0, 0);
INSERT INTO downloads VALUES (1, '/home/a/x.exe', 'http://a.example/x.exe', 1306139730, 1, 1, 1);
