-- places.sqlite of Firefox 120, as far as it is read. Made up.
CREATE TABLE moz_places (id INTEGER PRIMARY KEY, url LONGVARCHAR, title LONGVARCHAR, rev_host LONGVARCHAR, visit_count INTEGER DEFAULT 0,
  hidden INTEGER DEFAULT 0 NOT NULL, frecency INTEGER DEFAULT -1 NOT NULL, last_visit_date INTEGER);
CREATE TABLE moz_historyvisits (id INTEGER PRIMARY KEY, from_visit INTEGER, place_id INTEGER, visit_date INTEGER, visit_type INTEGER, session INTEGER);
CREATE TABLE moz_bookmarks (id INTEGER PRIMARY KEY, type INTEGER, fk INTEGER DEFAULT NULL, parent INTEGER, title LONGVARCHAR, dateAdded INTEGER);
CREATE TABLE moz_annos (id INTEGER PRIMARY KEY, place_id INTEGER NOT NULL, anno_attribute_id INTEGER, content LONGVARCHAR, dateAdded INTEGER);
CREATE TABLE moz_anno_attributes (id INTEGER PRIMARY KEY, name VARCHAR(32) UNIQUE NOT NULL);
CREATE TABLE moz_places_metadata (id INTEGER PRIMARY KEY, place_id INTEGER NOT NULL, created_at INTEGER NOT NULL DEFAULT 0, search_query_id INTEGER);
CREATE TABLE moz_places_metadata_search_queries (id INTEGER PRIMARY KEY, terms TEXT NOT NULL UNIQUE);
INSERT INTO moz_places VALUES (1, 'https://a.example/', 'A', 'elpmaxe.a.', 1, 0, 100, 1700000000123456), (2, 'https://a.example/x.pdf', NULL, NULL, 0, 0, 0, NULL),
  (3, 'place:sort=14', NULL, NULL, 0, 1, 0, NULL), (4, 'https://search.example/?q=ships', 'ships', NULL, 1, 0, 0, NULL);
INSERT INTO moz_historyvisits VALUES (1, 0, 1, 1700000000123456, 1, 0), (2, 0, 99, 1700000001000000, 1, 0);
INSERT INTO moz_bookmarks VALUES (1, 2, NULL, 0, 'Menu', 1700000000000000), (2, 1, 1, 1, NULL, 1600000000000000), (3, 1, 3, 1, 'Recent', 1600000000000000),
  (4, 1, 98, 1, 'gone', 1600000000000000), (5, 3, NULL, 1, NULL, 1600000000000000);
INSERT INTO moz_anno_attributes VALUES (7, 'downloads/destinationFileURI'), (8, 'downloads/metaData');
INSERT INTO moz_annos VALUES (1, 2, 7, 'file:///home/a/x.pdf', 1700000002000000), (2, 2, 8, '{"state":1}', 1700000002000000);
INSERT INTO moz_places_metadata_search_queries VALUES (3, 'ships');
INSERT INTO moz_places_metadata VALUES (1, 4, 1700000003000, 3), (2, 1, 1700000004000, NULL);
