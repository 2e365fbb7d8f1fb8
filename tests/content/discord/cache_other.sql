CREATE TABLE cfurl_cache_response(entry_ID INTEGER PRIMARY KEY AUTOINCREMENT UNIQUE, version INTEGER, hash_value INTEGER, storage_policy INTEGER, request_key TEXT UNIQUE, time_stamp NOT NULL DEFAULT CURRENT_TIMESTAMP, partition TEXT);
CREATE TABLE cfurl_cache_receiver_data(entry_ID INTEGER PRIMARY KEY, isDataOnFS INTEGER, receiver_data BLOB);
INSERT INTO cfurl_cache_response VALUES (1, 0, 1, 0, 'https://host.example/a', '2023-04-24 20:26:51', NULL);
INSERT INTO cfurl_cache_receiver_data VALUES (1, 0, x'7b7d');
