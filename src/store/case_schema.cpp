#include "store/case_schema.h"

#include <fmt/format.h>

#include "store/schema.h"

namespace limier::store {

std::string_view case_tables() {
  return R"sql(
CREATE TABLE case_facts(tool_version TEXT NOT NULL, exhibits INTEGER NOT NULL, merged INTEGER NOT NULL,
  exit_code INTEGER NOT NULL, keys INTEGER NOT NULL, shared_keys INTEGER NOT NULL, shared_contents INTEGER NOT NULL,
  links INTEGER NOT NULL, links_left_out INTEGER NOT NULL) STRICT;
CREATE TABLE exhibit(exhibit_id INTEGER PRIMARY KEY, exhibit TEXT NOT NULL, image TEXT NOT NULL, folder TEXT NOT NULL,
  state TEXT NOT NULL, attention INTEGER NOT NULL, attention_level TEXT NOT NULL, attention_reason TEXT NOT NULL,
  exit_code INTEGER, message TEXT, verdict TEXT, authority TEXT NOT NULL, case_number TEXT NOT NULL,
  examiner TEXT NOT NULL, agency TEXT NOT NULL, note TEXT NOT NULL, scope TEXT NOT NULL, format TEXT,
  size_bytes INTEGER, segment_count INTEGER, stored_md5 TEXT, stored_sha1 TEXT, md5 TEXT, sha1 TEXT, sha256 TEXT,
  acq_case_number TEXT, acq_evidence_number TEXT, acq_examiner TEXT, acq_description TEXT, acq_notes TEXT,
  acq_date TEXT, acq_software TEXT, device_model TEXT, device_serial TEXT, identifiers TEXT, whose TEXT, profile TEXT,
  tool_version TEXT, files INTEGER, dirs INTEGER, deleted INTEGER, recovered INTEGER, file_bytes INTEGER,
  volumes INTEGER, encrypted_volumes INTEGER, bad_ranges INTEGER, bad_bytes INTEGER, issues INTEGER,
  live_in_danger INTEGER, high INTEGER, medium INTEGER, low INTEGER, info INTEGER, not_examined INTEGER,
  not_examined_bytes INTEGER, links INTEGER NOT NULL) STRICT;
CREATE TABLE not_examined(exhibit_id INTEGER NOT NULL, what TEXT NOT NULL, reason TEXT NOT NULL, bytes INTEGER,
  items INTEGER) STRICT;
CREATE TABLE finding(rank INTEGER PRIMARY KEY, exhibit_id INTEGER NOT NULL, finding_id INTEGER,
  pack TEXT NOT NULL, pack_version TEXT NOT NULL, rule TEXT NOT NULL, priority TEXT NOT NULL, title TEXT NOT NULL,
  reason TEXT, reason_raw BLOB, meaning TEXT NOT NULL, limits TEXT NOT NULL, score REAL NOT NULL,
  exhibit_rank INTEGER, key TEXT NOT NULL, t_ns INTEGER, subject_kind TEXT, subject_id INTEGER,
  file_id INTEGER) STRICT;
CREATE TABLE talk(rank INTEGER NOT NULL, seq INTEGER NOT NULL, message_id INTEGER NOT NULL, is_subject INTEGER NOT NULL,
  t_ns INTEGER, direction TEXT NOT NULL, who TEXT, text TEXT, left_out INTEGER NOT NULL, deleted INTEGER NOT NULL,
  state TEXT, PRIMARY KEY(rank, seq)) STRICT, WITHOUT ROWID;
CREATE TABLE person(person_id INTEGER PRIMARY KEY, kind TEXT NOT NULL, normalized TEXT NOT NULL) STRICT;
CREATE TABLE person_on(person_id INTEGER NOT NULL, exhibit_id INTEGER NOT NULL, owner INTEGER NOT NULL, name TEXT,
  contacts INTEGER NOT NULL, messages INTEGER NOT NULL, calls INTEGER NOT NULL, PRIMARY KEY(person_id, exhibit_id))
  STRICT, WITHOUT ROWID;
CREATE TABLE message_pair(exhibit_a INTEGER NOT NULL, message_a INTEGER NOT NULL, exhibit_b INTEGER NOT NULL,
  message_b INTEGER NOT NULL, service TEXT, t_ns INTEGER, state_a TEXT, state_b TEXT, deleted_a INTEGER NOT NULL,
  deleted_b INTEGER NOT NULL, match TEXT NOT NULL, texts_differ INTEGER NOT NULL,
  PRIMARY KEY(exhibit_a, exhibit_b, message_a)) STRICT, WITHOUT ROWID;
CREATE TABLE translation(language TEXT NOT NULL, english TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY(language, english))
  STRICT, WITHOUT ROWID;
CREATE TABLE judged(exhibit_id INTEGER NOT NULL, kind TEXT NOT NULL, items INTEGER NOT NULL, judged INTEGER NOT NULL,
  not_judged INTEGER NOT NULL, reason TEXT) STRICT;
CREATE TABLE kind(kind_id INTEGER PRIMARY KEY, kind TEXT NOT NULL, title TEXT NOT NULL, titles TEXT NOT NULL,
  meaning TEXT NOT NULL, link_weight INTEGER NOT NULL, keys INTEGER NOT NULL, shared INTEGER NOT NULL,
  known_left_out INTEGER NOT NULL, filler_left_out INTEGER NOT NULL) STRICT;
CREATE TABLE shared(key_id INTEGER PRIMARY KEY, kind_id INTEGER NOT NULL, rank INTEGER NOT NULL, key BLOB NOT NULL,
  value TEXT, size INTEGER NOT NULL, exhibits INTEGER NOT NULL, files INTEGER NOT NULL, notable INTEGER NOT NULL,
  weight_millionths INTEGER NOT NULL, members BLOB NOT NULL) STRICT;
CREATE TABLE shared_file(key_id INTEGER NOT NULL, exhibit_id INTEGER NOT NULL, file_id INTEGER, files INTEGER NOT NULL,
  path TEXT, deleted INTEGER, PRIMARY KEY(key_id, exhibit_id)) STRICT, WITHOUT ROWID;
CREATE TABLE link(link_id INTEGER PRIMARY KEY, exhibit_a INTEGER NOT NULL, exhibit_b INTEGER NOT NULL,
  score_thousandths INTEGER NOT NULL, strongest TEXT NOT NULL, same_image INTEGER NOT NULL,
  same_device INTEGER NOT NULL, evidence TEXT NOT NULL) STRICT;
CREATE TABLE link_kind(link_id INTEGER NOT NULL, kind_id INTEGER NOT NULL, keys INTEGER NOT NULL,
  bytes INTEGER NOT NULL, points_millionths INTEGER NOT NULL, score_thousandths INTEGER NOT NULL,
  PRIMARY KEY(link_id, kind_id)) STRICT, WITHOUT ROWID;
CREATE TABLE link_key(link_id INTEGER NOT NULL, key_id INTEGER NOT NULL, PRIMARY KEY(link_id, key_id))
  STRICT, WITHOUT ROWID;
)sql";
}

std::string case_views() {
  return fmt::format(R"sql(
CREATE VIEW v_case AS SELECT tool_version, exhibits, merged, exhibits - merged AS without_result, exit_code, keys,
  shared_keys, shared_contents, links, links_left_out,
  (SELECT count(*) FROM exhibit WHERE exit_code = 3 AND message IS NULL) AS nothing_examined FROM case_facts;
CREATE VIEW v_exhibit AS SELECT exhibit_id, exhibit, image, folder, state, attention, attention_level,
  attention_reason, exit_code, CASE exit_code WHEN 0 THEN 'complete' WHEN 1 THEN 'findings'
    WHEN 2 THEN 'usage error' WHEN 3 THEN 'nothing examined' WHEN 4 THEN 'integrity'
    WHEN 5 THEN 'part not examined' WHEN 6 THEN 'refused' WHEN 7 THEN 'internal error'
    WHEN 75 THEN 'temporary' WHEN 130 THEN 'interrupted' WHEN 143 THEN 'interrupted' END AS exit_class,
  message, verdict, authority, case_number, examiner, agency, note, scope, format, size_bytes, segment_count,
  stored_md5, stored_sha1, md5, sha1, sha256, acq_case_number, acq_evidence_number, acq_examiner, acq_description,
  acq_notes, acq_date, acq_software, device_model, device_serial, identifiers, whose, profile, tool_version, files, dirs,
  deleted, recovered, file_bytes, volumes, encrypted_volumes, bad_ranges, bad_bytes, issues, live_in_danger, high,
  medium, low, info, not_examined, not_examined_bytes, links FROM exhibit;
CREATE VIEW v_case_not_examined AS SELECT e.exhibit, n.what, n.reason, n.bytes, n.items
  FROM not_examined n JOIN exhibit e USING (exhibit_id);
CREATE VIEW v_case_finding AS SELECT e.exhibit, f.finding_id, f.pack, f.pack_version, f.rule, f.priority, f.title,
  f.reason, f.meaning, f.limits, f.score, f.rank, f.exhibit_rank, f.key, {t} AS t, f.t_ns, f.subject_kind, f.subject_id,
  f.file_id, f.reason_raw FROM finding f JOIN exhibit e USING (exhibit_id);
CREATE VIEW v_case_talk AS SELECT e.exhibit, k.rank, k.seq, k.message_id, k.is_subject, {talk_t} AS t, k.t_ns,
  k.direction, k.who, k.text, k.left_out, k.deleted, k.state
  FROM talk k JOIN finding f USING (rank) JOIN exhibit e USING (exhibit_id);
CREATE VIEW v_translation AS SELECT language, english, text FROM translation;
CREATE VIEW v_case_judged AS SELECT e.exhibit, j.kind, j.items, j.judged, j.not_judged, j.reason
  FROM judged j JOIN exhibit e USING (exhibit_id);
CREATE VIEW v_person_on AS SELECT p.person_id, p.kind, p.normalized, e.exhibit,
  iif(o.owner, 'owner', CASE WHEN o.contacts > 0 THEN 'contact' ELSE 'correspondent' END) AS role, o.name, o.contacts,
  o.messages, o.calls FROM person_on o JOIN person p USING (person_id) JOIN exhibit e USING (exhibit_id);
CREATE VIEW v_person AS SELECT p.person_id, p.kind, p.normalized,
  (SELECT count(*) FROM person_on o WHERE o.person_id = p.person_id) AS exhibits,
  (SELECT group_concat(exhibit, ', ') FROM (SELECT e.exhibit FROM person_on o JOIN exhibit e USING (exhibit_id)
    WHERE o.person_id = p.person_id ORDER BY e.exhibit_id)) AS exhibit_list,
  (SELECT group_concat(exhibit || ': ' || role, '; ') FROM (SELECT e.exhibit, iif(o.owner, 'owner', CASE WHEN o.contacts > 0
    THEN 'contact' ELSE 'correspondent' END) AS role FROM person_on o JOIN exhibit e USING (exhibit_id)
    WHERE o.person_id = p.person_id ORDER BY e.exhibit_id)) AS roles,
  (SELECT group_concat(name, '; ') FROM (SELECT DISTINCT o.name FROM person_on o WHERE o.person_id = p.person_id
    AND o.name IS NOT NULL ORDER BY o.name LIMIT 5)) AS names FROM person p;
CREATE VIEW v_message_pair AS SELECT a.exhibit AS exhibit_a, m.message_a, b.exhibit AS exhibit_b, m.message_b, m.service,
  {pair_t} AS t, m.t_ns, m.state_a, m.state_b, m.deleted_a, m.deleted_b, m.match,
  m.texts_differ OR m.deleted_a <> m.deleted_b AS differs,
  CASE WHEN m.texts_differ AND m.deleted_a <> m.deleted_b THEN 'text; ' ELSE iif(m.texts_differ, 'text', '') END
    || CASE WHEN m.deleted_a > m.deleted_b THEN 'deleted on ' || a.exhibit
            WHEN m.deleted_b > m.deleted_a THEN 'deleted on ' || b.exhibit ELSE '' END AS difference
  FROM message_pair m JOIN exhibit a ON a.exhibit_id = m.exhibit_a JOIN exhibit b ON b.exhibit_id = m.exhibit_b;
CREATE VIEW v_kind AS SELECT kind_id, kind, title, meaning, link_weight, keys, shared, known_left_out,
  filler_left_out FROM kind;
CREATE VIEW v_shared_key AS SELECT s.key_id, k.kind, s.rank, coalesce(s.value, lower(hex(s.key))) AS value,
  lower(hex(s.key)) AS key, s.size, s.exhibits, s.files, s.notable, s.weight_millionths / 1000000.0 AS weight,
  (SELECT group_concat(exhibit, ', ') FROM (SELECT e.exhibit FROM exhibit e
    WHERE ((instr('0123456789ABCDEF', substr(hex(substr(s.members, (e.exhibit_id - 1) / 8 + 1, 1)),
      iif((e.exhibit_id - 1) % 8 < 4, 2, 1), 1)) - 1) >> ((e.exhibit_id - 1) % 4)) & 1
    ORDER BY e.exhibit_id)) AS exhibit_list
  FROM shared s JOIN kind k USING (kind_id);
CREATE VIEW v_shared_content AS SELECT rank, key AS sha256, size, exhibits, files, exhibit_list, notable, weight,
  (SELECT f.path FROM shared_file f WHERE f.key_id = v_shared_key.key_id AND f.path IS NOT NULL
    ORDER BY f.exhibit_id LIMIT 1) AS path, key_id
  FROM v_shared_key WHERE kind = 'content';
CREATE VIEW v_shared_file AS SELECT f.key_id, k.kind, coalesce(s.value, lower(hex(s.key))) AS value, e.exhibit,
  f.file_id, f.path, f.files, f.deleted
  FROM shared_file f JOIN shared s USING (key_id) JOIN kind k USING (kind_id) JOIN exhibit e USING (exhibit_id);
CREATE VIEW v_link AS SELECT l.link_id, a.exhibit AS exhibit_a, b.exhibit AS exhibit_b,
  l.score_thousandths / 1000.0 AS score, l.strongest, l.same_image, l.same_device,
  coalesce((SELECT x.keys FROM link_kind x JOIN kind k USING (kind_id) WHERE x.link_id = l.link_id
    AND k.kind = 'content'), 0) AS shared_contents,
  coalesce((SELECT x.bytes FROM link_kind x JOIN kind k USING (kind_id) WHERE x.link_id = l.link_id
    AND k.kind = 'content'), 0) AS shared_bytes, l.evidence
  FROM link l JOIN exhibit a ON a.exhibit_id = l.exhibit_a JOIN exhibit b ON b.exhibit_id = l.exhibit_b;
CREATE VIEW v_link_evidence AS SELECT x.link_id, a.exhibit AS exhibit_a, b.exhibit AS exhibit_b, k.kind, k.meaning,
  x.keys, x.bytes, x.points_millionths / 1000000.0 AS points, x.score_thousandths / 1000.0 AS score
  FROM link_kind x JOIN kind k USING (kind_id) JOIN link l USING (link_id)
  JOIN exhibit a ON a.exhibit_id = l.exhibit_a JOIN exhibit b ON b.exhibit_id = l.exhibit_b;
CREATE VIEW v_link_key AS SELECT x.link_id, k.kind, s.key_id, coalesce(s.value, lower(hex(s.key))) AS value, s.size,
  s.exhibits, (SELECT f.path FROM shared_file f WHERE f.key_id = s.key_id AND f.exhibit_id = l.exhibit_a) AS path_a,
  (SELECT f.path FROM shared_file f WHERE f.key_id = s.key_id AND f.exhibit_id = l.exhibit_b) AS path_b,
  (SELECT f.file_id FROM shared_file f WHERE f.key_id = s.key_id AND f.exhibit_id = l.exhibit_a) AS file_id_a,
  (SELECT f.file_id FROM shared_file f WHERE f.key_id = s.key_id AND f.exhibit_id = l.exhibit_b) AS file_id_b,
  (SELECT f.deleted FROM shared_file f WHERE f.key_id = s.key_id AND f.exhibit_id = l.exhibit_a) AS deleted_a,
  (SELECT f.deleted FROM shared_file f WHERE f.key_id = s.key_id AND f.exhibit_id = l.exhibit_b) AS deleted_b
  FROM link_key x JOIN shared s USING (key_id) JOIN kind k USING (kind_id) JOIN link l USING (link_id);
)sql",
                     fmt::arg("t", iso_time("f.t_ns")), fmt::arg("talk_t", iso_time("k.t_ns")),
                     fmt::arg("pair_t", iso_time("m.t_ns")));
}

}  // namespace limier::store
