-- Accounts as of iOS 15, with the columns that the pack reads, and a credential that it must not. Made up.
CREATE TABLE ZACCOUNT (Z_PK INTEGER PRIMARY KEY, ZACTIVE INTEGER, ZACCOUNTTYPE INTEGER, ZPARENTACCOUNT INTEGER, ZDATE TIMESTAMP,
  ZACCOUNTDESCRIPTION VARCHAR, ZCREDENTIALTYPE VARCHAR, ZUSERNAME VARCHAR);
CREATE TABLE ZACCOUNTTYPE (Z_PK INTEGER PRIMARY KEY, ZIDENTIFIER VARCHAR, ZACCOUNTTYPEDESCRIPTION VARCHAR);
INSERT INTO ZACCOUNTTYPE VALUES (1, 'com.apple.account.AppleAccount', 'iCloud'), (2, 'com.apple.account.CalDAV', 'CalDAV'),
  (3, 'com.apple.account.iTunesStore', 'iTunes Store'), (4, 'com.apple.account.SubscribedCalendar', 'Subscribed Calendar'),
  (5, 'com.apple.account.IdentityServices', NULL);
INSERT INTO ZACCOUNT VALUES
  (1, 1, 1, NULL, 700000000, 'iCloud', 'secret', 'ada@mail.example'), (2, 1, 2, 1, 700000000, NULL, NULL, NULL),
  (3, 0, 3, NULL, 700000000, NULL, NULL, 'local'), (4, 0, 3, NULL, 700000000, NULL, NULL, 'was@mail.example'),
  (5, 1, 4, NULL, 700000000, 'Holidays', NULL, 'someone@else.example'), (6, 1, 5, NULL, 700000000, NULL, NULL, '+32470000001'),
  (7, 1, 99, NULL, 700000000, 'Old', NULL, 'nick');
