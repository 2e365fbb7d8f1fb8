CREATE TABLE moz_downloads (id INTEGER PRIMARY KEY, name TEXT);
