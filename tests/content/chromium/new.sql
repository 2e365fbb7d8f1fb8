-- History of Chromium, version 120, as far as it is read. Made up.
CREATE TABLE urls (id INTEGER PRIMARY KEY AUTOINCREMENT, url LONGVARCHAR, title LONGVARCHAR, visit_count INTEGER, typed_count INTEGER,
  last_visit_time INTEGER NOT NULL, hidden INTEGER);
CREATE TABLE visits (id INTEGER PRIMARY KEY AUTOINCREMENT, url INTEGER NOT NULL, visit_time INTEGER NOT NULL, from_visit INTEGER,
  transition INTEGER NOT NULL, originator_cache_guid TEXT);
CREATE TABLE visit_source (id INTEGER PRIMARY KEY, source INTEGER NOT NULL);
CREATE TABLE keyword_search_terms (keyword_id INTEGER NOT NULL, url_id INTEGER NOT NULL, term LONGVARCHAR NOT NULL, normalized_term LONGVARCHAR NOT NULL);
CREATE TABLE downloads (id INTEGER PRIMARY KEY, guid VARCHAR NOT NULL, current_path LONGVARCHAR NOT NULL, target_path LONGVARCHAR NOT NULL,
  start_time INTEGER NOT NULL, received_bytes INTEGER, total_bytes INTEGER, state INTEGER);
CREATE TABLE downloads_url_chains (id INTEGER NOT NULL, chain_index INTEGER NOT NULL, url LONGVARCHAR NOT NULL, PRIMARY KEY (id, chain_index));
INSERT INTO urls VALUES (1, 'https://search.example/?q=ships', 'ships - Search', 1, 0, 13344473600000000, 0), (2, 'https://a.example/', 'A', 1, 0, 13344473700000000, 0);
INSERT INTO visits VALUES (1, 1, 13344473600000000, 0, 1, ''), (2, 2, 13344473700123456, 0, 0, ''), (3, 2, 13344473800000000, 0, 0, 'AbC');
INSERT INTO visit_source VALUES (3, 0);
INSERT INTO keyword_search_terms VALUES (2, 1, 'Ships', 'ships');
INSERT INTO downloads VALUES (1, 'g', '/sd/a.pdf.crdownload', '/sd/a.pdf', 13344473900000000, 5, 5, 1), (2, 'h', '/sd/b.pdf', '', 13344473900000000, 5, 5, 1);
INSERT INTO downloads_url_chains VALUES (1, 0, 'https://a.example/a'), (1, 1, 'https://b.example/a.pdf');
