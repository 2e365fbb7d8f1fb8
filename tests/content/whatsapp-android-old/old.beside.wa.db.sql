-- The address book beside it. Made up.
CREATE TABLE wa_contacts (_id INTEGER PRIMARY KEY AUTOINCREMENT, jid TEXT NOT NULL, is_whatsapp_user BOOLEAN NOT NULL, number TEXT,
  display_name TEXT, wa_name TEXT);
INSERT INTO wa_contacts VALUES (1, '32470000001@s.whatsapp.net', 1, '+32470000001', 'Ann', 'annie');
