-- Burner, as far as it is read. Made up.
CREATE TABLE messages (_id integer primary key autoincrement, message_id text not null unique, state integer default 0, message text not null, contact_phone_number text not null,
  message_type integer not null, date_created integer not null, burner_id text not null, duration integer, direction integer not null, asset_url text);
CREATE TABLE burners (_id integer primary key autoincrement, burner_id text not null unique, phone_number_id text not null, name text);
CREATE TABLE contacts (_id integer primary key autoincrement, contact_id text not null unique, name text not null, phone_number text not null, date_created integer not null);
INSERT INTO burners VALUES (1, 'b-1', '+12025550109', 'Work');
INSERT INTO contacts VALUES (1, 'c-1', 'Bob', '+12025550101', 1600000000000), (2, 'c-2', '+12025550102', '+12025550102', 1600000000000);
INSERT INTO messages VALUES (1, 'm-1', 1, 'see you', '+12025550101', 2, 1700000000000, 'b-1', 0, 1, NULL), (2, 'm-2', 1, '', '+12025550101', 2, 1700000100000, 'b-1', 0, 2, 'https://x.example/a.jpg'),
  (3, 'm-3', 3, '', '+12025550102', 1, 1700000200000, 'b-1', 2, 1, NULL);
