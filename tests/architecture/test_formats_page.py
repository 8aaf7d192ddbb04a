# SPDX-License-Identifier: Apache-2.0
"""docs/formats.md says what the code does: tags, slot schema, views, kinds. It does not check the prose."""

from __future__ import annotations

import re

from rogatory.protocol import tags
from rogatory.protocol.entry import READ_PURPOSES
from rogatory.protocol.entry_schema import NOT_ERASABLE, SCHEMA, VIEWS
from rogatory.protocol.statements import BODIES
from tests.support import exchange_sees
from tests.support.project import ROOT

PAGE = (ROOT / "docs" / "formats.md").read_text("utf-8")


def test_every_tag_is_listed_and_serves_one_purpose() -> None:
    assert len(set(tags.ALL)) == len(tags.ALL)
    table = PAGE.split("| tag | where |")[1].split("RFC 6962 hashing")[0]
    listed = {
        f"rogatory/v1/{name}"
        for row in table.splitlines()
        for name in re.findall(r"`([a-z-]+)`", row.split("|")[1] if "|" in row else "")
    }
    assert listed == {*tags.ALL, "rogatory/v1/ctx", "rogatory/v1/field", "rogatory/v1/body"}


def test_the_slot_schema_is_printed_word_for_word() -> None:
    assert SCHEMA.decode() in PAGE


def test_the_view_table_is_the_one_in_the_code() -> None:
    once_due = ", ".join(str(slot) for slot in sorted(VIEWS["public, once due"]))
    assert f"| public, once due | {once_due} |" in PAGE
    assert VIEWS["public, before due"] == frozenset()
    assert VIEWS["party"] == VIEWS["oversight"] == frozenset(range(16))
    *most, last = (str(slot) for slot in sorted(NOT_ERASABLE))
    assert f"Slots {', '.join(most)} and {last} are not erasable" in PAGE


def test_defined_kinds_and_read_purposes_are_named() -> None:
    for kind in BODIES:
        assert f"{kind.name.lower()} {int(kind)}" in PAGE
    assert f"Purposes: {', '.join(READ_PURPOSES)}." in PAGE


def test_the_exchange_page_shows_the_bytes_of_the_committed_vector() -> None:
    page = exchange_sees.PAGE.read_text("utf-8")
    shown = page.partition(exchange_sees.BEGIN)[2].partition(exchange_sees.END)[0]
    assert shown == exchange_sees.block()
    assert "exercise-user" not in shown
