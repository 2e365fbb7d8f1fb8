CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT, theme TEXT, at INTEGER, extra BLOB);
INSERT INTO note VALUES (1, 'pay 1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2', 'Yellow', 1700000000, NULL);
INSERT INTO note VALUES (2, 'mail an@home.example', 'com', 5, x'0712626540626c6f622e6578616d706c6507');
INSERT INTO note VALUES (3, 'nothing', 'at 7', 32470000001, NULL);
INSERT INTO note VALUES (4, 'gone: ben@gone.example and more words here', 'Blue', 9, NULL);
DELETE FROM note WHERE id = 4;
