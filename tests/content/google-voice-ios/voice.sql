-- Google Voice as of 2024, with the columns that the pack reads. Made up.
CREATE TABLE Thread(threadKey TEXT NOT NULL, threadType INTEGER NOT NULL, groupName TEXT, PRIMARY KEY(threadKey, threadType));
CREATE TABLE ThreadItem(threadItemKey TEXT NOT NULL, threadItemType INTEGER NOT NULL, remoteThreadItemID TEXT, messageText TEXT,
  senderPhoneNumber TEXT, isSystemMessage INTEGER NOT NULL, isDeleted INTEGER NOT NULL, duration REAL NOT NULL,
  timestamp REAL NOT NULL, itemType TEXT NOT NULL, threadKey TEXT, PRIMARY KEY(threadItemKey, threadItemType));
CREATE TABLE ThreadParticipant(phoneNumberE164 TEXT NOT NULL, threadKey TEXT NOT NULL, threadType INTEGER NOT NULL,
  PRIMARY KEY(phoneNumberE164, threadKey, threadType));
CREATE TABLE MMSAttachmentInfo(attachmentKey TEXT NOT NULL, mediaType INTEGER NOT NULL, threadItemKey TEXT NOT NULL,
  threadItemType INTEGER NOT NULL, attachmentSource INTEGER NOT NULL, PRIMARY KEY(attachmentKey, attachmentSource));
CREATE TABLE Transcript(threadItemKey TEXT NOT NULL, threadItemType INTEGER NOT NULL, text TEXT NOT NULL,
  PRIMARY KEY(threadItemKey, threadItemType));
INSERT INTO Thread VALUES ('t.+15550000001', 1, NULL), ('g.1', 1, 'Club'), ('c.1', 1, NULL), ('c.2', 1, NULL), ('c.3', 1, NULL);
INSERT INTO ThreadParticipant VALUES ('+15550000001', 't.+15550000001', 1), ('+15550000001', 'g.1', 1), ('+15550000002', 'g.1', 1),
  ('+15550000001', 'c.1', 1), ('+15550000002', 'c.2', 1), ('+15550000003', 'c.3', 1);
INSERT INTO ThreadItem VALUES
  ('a', 1, 'r-a', 'hello', '+15550000009', 0, 0, 0, 1700000000.25, 'SmsOut', 't.+15550000001'),
  ('b', 1, NULL, 'hi', '+15550000001', 0, 0, 0, 1700000010, 'SmsIn', 't.+15550000001'),
  ('c', 1, NULL, '', '+15550000001', 0, 1, 0, 1700000020, 'SmsIn', 't.+15550000001'),
  ('d', 1, NULL, 'all', '+15550000009', 0, 0, 0, 1700000030, 'SmsOut', 'g.1'),
  ('e', 1, NULL, NULL, '+15550000001', 0, 0, 18, 1700000040, 'Voicemail', 'c.1'),
  ('f', 1, NULL, NULL, '+15550000009', 0, 0, 34.5, 1700000050, 'OutgoingCall', 'c.1'),
  ('g', 1, NULL, NULL, '+15550000002', 0, 0, 12, 1700000060, 'IncomingCall', 'c.2'),
  ('h', 1, NULL, NULL, '+15550000003', 0, 0, 5, 1700000070, 'MissedCall', 'c.3'),
  ('i', 1, NULL, NULL, '+15550000003', 0, 0, 5, 1700000080, 'OtherCall', NULL),
  ('j', 1, NULL, 'x', '+15550000003', 0, 0, 0, 1700000090, 'Poll', NULL);
INSERT INTO MMSAttachmentInfo VALUES ('c-1', 1, 'c', 1, 1), ('c-1', 1, 'c', 1, 2), ('c-2', 1, 'c', 1, 1);
INSERT INTO Transcript VALUES ('e', 1, 'please call back');
