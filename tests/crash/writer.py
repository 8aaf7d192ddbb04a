# SPDX-License-Identifier: Apache-2.0
"""The writer's main under a plan: failpoints for this life, and for the controls a writer that does it wrongly.

Without a plan it is the shipped writer as it is.
"""

from __future__ import annotations

import sys

from rogatory.server.writer import __main__ as shipped
from tests.crash import calls, careless
from tests.crash.entry import note_ends, set_failpoints, take_plan

if __name__ == "__main__":
    plan = take_plan()
    if calls.RECORDABLE:
        calls.allow_reading()
    note_ends()
    set_failpoints(plan.get("failpoints", ""))
    if plan.get("early"):
        careless.acknowledge_before_commit()
    if plan.get("unflushed"):
        careless.flush_nothing()
    sys.exit(shipped.main())
