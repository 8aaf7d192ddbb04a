-- SPDX-License-Identifier: Apache-2.0
-- Tables of the exchange beside those of the log (rogatory.audit.sqlite.SCHEMA, applied in the same transaction).
-- A statement's row number is its log index.
CREATE TABLE statement(
  i INTEGER PRIMARY KEY, statement_id BLOB NOT NULL UNIQUE, request_id BLOB NOT NULL, digest BLOB NOT NULL,
  org BLOB NOT NULL, envelope BLOB NOT NULL) STRICT;
CREATE INDEX statement_request ON statement(request_id, i);
CREATE TABLE entry_view(
  i INTEGER PRIMARY KEY, actor BLOB NOT NULL, request_id BLOB, commitments BLOB NOT NULL,
  openings BLOB NOT NULL, envelope BLOB) STRICT;
CREATE TABLE request(
  request_id BLOB PRIMARY KEY, last_index INTEGER NOT NULL, last_leaf BLOB NOT NULL, state BLOB NOT NULL)
  STRICT, WITHOUT ROWID;
CREATE TABLE request_party(
  org BLOB NOT NULL, request_id BLOB NOT NULL, last_index INTEGER NOT NULL, PRIMARY KEY(org, request_id))
  STRICT, WITHOUT ROWID;
CREATE INDEX request_party_index ON request_party(org, last_index);
CREATE TABLE sealed(
  digest BLOB PRIMARY KEY, request_id BLOB NOT NULL, org BLOB NOT NULL, length INTEGER NOT NULL, data BLOB NOT NULL)
  STRICT, WITHOUT ROWID;
CREATE TABLE feed(
  org BLOB NOT NULL, i INTEGER NOT NULL, request_id BLOB NOT NULL, envelope_digest BLOB NOT NULL,
  kind INTEGER NOT NULL, feed_digest BLOB NOT NULL, PRIMARY KEY(org, i)) STRICT, WITHOUT ROWID;
CREATE TABLE commit_head(size INTEGER PRIMARY KEY, root BLOB NOT NULL, note TEXT NOT NULL) STRICT;
CREATE TABLE scheme(i INTEGER PRIMARY KEY, kind TEXT NOT NULL, data BLOB NOT NULL, openings BLOB NOT NULL) STRICT;
CREATE TRIGGER statement_u BEFORE UPDATE ON statement BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER statement_d BEFORE DELETE ON statement BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER feed_u BEFORE UPDATE ON feed BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER feed_d BEFORE DELETE ON feed BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER commit_head_u BEFORE UPDATE ON commit_head BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER commit_head_d BEFORE DELETE ON commit_head BEGIN SELECT RAISE(ABORT, 'append-only'); END;
