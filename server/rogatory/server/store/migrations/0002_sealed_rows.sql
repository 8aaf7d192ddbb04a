-- SPDX-License-Identifier: Apache-2.0
-- Sections move to rows in the order of their arrival. Keyed by a random digest with the section inside, a look-up walked
-- a deep tree of large cells and was the dearest step of a statement. Whether a request's sections have arrived is read
-- from the second index alone, where they lie side by side.
CREATE TABLE sealed_row(
  digest BLOB NOT NULL UNIQUE, request_id BLOB NOT NULL, org BLOB NOT NULL, length INTEGER NOT NULL, data BLOB NOT NULL)
  STRICT;
INSERT INTO sealed_row(digest, request_id, org, length, data)
  SELECT digest, request_id, org, length, data FROM sealed ORDER BY request_id;
DROP TABLE sealed;
ALTER TABLE sealed_row RENAME TO sealed;
CREATE INDEX sealed_of_request ON sealed(request_id, org, digest, length);
