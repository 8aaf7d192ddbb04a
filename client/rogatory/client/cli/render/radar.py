# SPDX-License-Identifier: Apache-2.0
"""The retention radar as a tree: what will be gone when, in words. It shows and decides nothing."""

from __future__ import annotations

from rogatory.client.cli.render.names import Names
from rogatory.client.cli.render.tree import Section, text_row, utc
from rogatory.client.cli.results_catalogue import BlipResult, RadarResult
from rogatory.protocol.header import DAY_MS

_WORDS = {
    "STAYS": "held as long as the customer is one",
    "NOT_HELD": "not held, the provider declares",
    "UNKNOWN": "nobody has declared how long it is held",
}


def radar_tree(result: RadarResult, names: Names, now_ms: int) -> Section:
    """Return the radar, the most urgent first."""
    if not result.rows:
        return Section("Retention radar", (text_row("drafts and open requests", "none"),))
    return Section("Retention radar", tuple(_row(item, names, now_ms) for item in result.rows))


def _row(item: BlipResult, names: Names, now_ms: int) -> Section:
    where = "draft, not sent" if not item.state else item.state
    preserved = () if not item.preservation else (text_row("preservation", item.preservation, _frozen(item)),)
    return Section(
        f"{item.number}. {item.element}: {_outlook(item, now_ms)}",
        (
            text_row("request", item.request_id, where),
            text_row("task", str(item.task)),
            text_row("provider", item.org.hex(), names.remark(item.org)),
            text_row("window", f"{item.first_day} to {item.last_day}, both days included, UTC"),
            *preserved,
        ),
    )


def _frozen(item: BlipResult) -> str:
    return "the provider has frozen it" if item.frozen else "sent; the provider has not frozen it yet"


def _outlook(item: BlipResult, now_ms: int) -> str:
    if item.outlook == "GOING":
        return f"{item.day} is gone on {utc(item.gone_ms)[:10]}, {_left(item.gone_ms - now_ms)}"
    if item.outlook == "GONE":
        return f"gone since {utc(item.gone_ms)[:10]}"
    return _WORDS[item.outlook]


def _left(ms: int) -> str:
    days = ms // DAY_MS
    if days < 1:
        return "in less than a day"
    return "in 1 day" if days == 1 else f"in {days} days"
