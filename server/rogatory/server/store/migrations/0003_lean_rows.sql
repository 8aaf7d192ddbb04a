-- SPDX-License-Identifier: Apache-2.0
-- The bytes of an accepted statement stand in its own row and nowhere else; a view keeps those of rejections and of the
-- scheme. A request's row keeps a copy of the state that may be older than the last statement, or empty for none: the
-- state is the fold of the statements after it (ADR 4). Copies written before are of the last statement and stay right.
UPDATE entry_view SET envelope = NULL WHERE i IN (SELECT i FROM statement);
