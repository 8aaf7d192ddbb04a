-- SPDX-License-Identifier: Apache-2.0
-- When the next clock of a request ends, in milliseconds since the epoch. Rows from before get 0, which has passed, so that the
-- clock looks at each of them once and puts in what it finds; the largest integer says that nothing is running.
ALTER TABLE request ADD COLUMN next_due INTEGER NOT NULL DEFAULT 0;
CREATE INDEX request_due ON request(next_due);
