-- SPDX-License-Identifier: Apache-2.0
-- Erasure finds everything of a request: what opens its entries by this index. A row that is kept has only what the law wants
-- kept, encrypted apart from the request's key. Requests whose key must be gone stand in a table of their own, so that a
-- process that was killed between commit and destruction destroys at the next start.
ALTER TABLE entry_view ADD COLUMN kept INTEGER NOT NULL DEFAULT 0;
CREATE INDEX entry_view_request ON entry_view(request_id) WHERE request_id IS NOT NULL;
CREATE TABLE erased(request_id BLOB PRIMARY KEY, i INTEGER NOT NULL) STRICT, WITHOUT ROWID;
