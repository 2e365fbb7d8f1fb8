-- primary.docobjects of Snapchat: documents by person, and user names by the row numbers of the people. Made up.
CREATE TABLE snapchatter (rowid INTEGER PRIMARY KEY, p BLOB, userId TEXT UNIQUE);
CREATE TABLE index_snapchatterusername (rowid INTEGER PRIMARY KEY, username TEXT);
INSERT INTO snapchatter VALUES (5, x'00', 'u-bob'), (6, x'00', 'u-ann');
INSERT INTO index_snapchatterusername VALUES (5, 'bobb');
