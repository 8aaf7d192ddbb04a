# SPDX-License-Identifier: Apache-2.0
"""Holds output of `--json` against the published classes, strictly. It does not look at the values."""

from __future__ import annotations

import json
from typing import Any

from rogatory.client.cli.results_answer import WatchedResult
from rogatory.client.cli.results_outbox import OutboxResult
from rogatory.client.cli.results_people import ToldResult
from rogatory.client.cli.schema import RESULTS
from rogatory.protocol.errors import Invalid
from rogatory.protocol.plain import from_plain

_ERROR = {"code", "field", "rule", "what", "next"}


def check_published(out: str, code: int) -> None:
    """Asserts that the output is one object of the published form (or, of what has no end, one on each line)."""
    assert out.isascii(), "JSON output is ASCII"
    first = json.loads(out.splitlines()[0]) if out.startswith('{"') else None
    if first is not None:
        for line in out.splitlines():
            assert any(_fits(cls, json.loads(line)) for cls in (WatchedResult, ToldResult))
        return
    data = json.loads(out)
    if "outbox" in data:
        from_plain(OutboxResult, data.pop("outbox"))
    assert set(data) in ({"command", "ok", "exit", "result"}, {"command", "ok", "exit", "error"})
    assert data["exit"] == code
    assert data["ok"] is (code == 0)
    if "error" in data:
        assert set(data["error"]) == _ERROR
        return
    assert any(_fits(cls, data["result"]) for cls in RESULTS[data["command"]]), "not of its published class"


def _fits(cls: type[Any], data: object) -> bool:
    try:
        from_plain(cls, data)
    except Invalid:
        return False
    return True
