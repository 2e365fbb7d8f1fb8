CREATE TABLE burners (_id integer primary key, name text);
INSERT INTO burners VALUES (1, 'x');
