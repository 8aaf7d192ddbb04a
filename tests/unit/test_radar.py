# SPDX-License-Identifier: Apache-2.0
"""The retention radar over catalogues and windows, pure. The command is tested in tests/cli/test_radar.py."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rogatory.client.radar import Outlook, Watched, outlook, scan
from rogatory.protocol.catalogues import Catalogue, Holding
from rogatory.protocol.header import DAY_MS, Address
from rogatory.protocol.state import StateName
from rogatory.protocol.statements import RequestKind

HERE = Address(b"\1" * 16, b"\2" * 16)
CATALOGUE = Catalogue(
    b"r", HERE.org, HERE.unit, 1, 1,
    holdings=(
        Holding("call_record", "DAYS", 10), Holding("login_ip", "DAYS", 90), Holding("mailbox", "NOT_HELD"),
        Holding("name", "WHILE_CUSTOMER"),
    ),
)  # fmt: skip
TODAY = 20_000
NOW = TODAY * DAY_MS + 3_600_000


def task(*elements: str, first: int = TODAY - 86, last: int = TODAY - 80, request: str = "aa") -> Watched:
    return Watched(
        request, RequestKind.DISCLOSURE, None, HERE, 1, elements, first, last, ("email", "jo@mail.example")
    )


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (TODAY - 86, TODAY - 80, (Outlook.GOING, TODAY - 86, TODAY + 5)),  # nothing is gone yet
        (TODAY - 90, TODAY - 90, (Outlook.GOING, TODAY - 90, TODAY + 1)),  # its last hours
        (
            TODAY - 95,
            TODAY - 80,
            (Outlook.GOING, TODAY - 90, TODAY + 1),
        ),  # the first days are gone, the next one goes
        (TODAY - 95, TODAY - 91, (Outlook.GONE, TODAY - 91, TODAY)),
        (TODAY - 900, TODAY - 800, (Outlook.GONE, TODAY - 800, TODAY - 709)),
    ],
)
def test_the_next_day_to_go_is_named_with_its_last_moment(
    first: int, last: int, expected: tuple[Outlook, int, int]
) -> None:
    what, day, gone_ms = outlook(CATALOGUE, "login_ip", (first, last), NOW)
    assert (what, day, gone_ms / DAY_MS) == expected


def test_a_day_is_gone_at_the_moment_it_is_gone() -> None:
    window = (TODAY - 91, TODAY - 91)
    assert outlook(CATALOGUE, "login_ip", window, TODAY * DAY_MS - 1)[0] is Outlook.GOING
    assert outlook(CATALOGUE, "login_ip", window, TODAY * DAY_MS)[0] is Outlook.GONE


def test_what_nobody_declared_is_unknown_and_never_said_to_be_safe() -> None:
    assert outlook(None, "login_ip", (1, 2), NOW) == (Outlook.UNKNOWN, 0, 0)
    assert outlook(CATALOGUE, "location", (1, 2), NOW) == (Outlook.UNKNOWN, 0, 0)
    assert outlook(CATALOGUE, "mailbox", (1, 2), NOW)[0] is Outlook.NOT_HELD
    assert outlook(CATALOGUE, "name", (1, 2), NOW)[0] is Outlook.STAYS


def test_what_goes_next_comes_first_and_what_is_frozen_last() -> None:
    late, soon = task("login_ip", "name", request="aa"), task("login_ip", first=TODAY - 89, request="bb")
    gone = task("call_record", request="cc")
    found = scan([late, gone, soon], {HERE: CATALOGUE}, NOW)
    assert [(blip.watched.request_id, blip.element) for blip in found] == [
        ("bb", "login_ip"), ("aa", "login_ip"), ("cc", "call_record"), ("aa", "name")
    ]  # fmt: skip
    frozen = replace(soon, kind=RequestKind.PRESERVATION, state=StateName.PRESERVED, request_id="dd")
    found = scan([late, gone, soon, frozen], {HERE: CATALOGUE}, NOW)
    last = {(blip.watched.request_id, blip.preservation, blip.frozen) for blip in found[-3:]}
    assert last == {("aa", "dd", True), ("bb", "dd", True), ("dd", "dd", True)}
    assert [blip.element for blip in found[:2]] == ["call_record", "name"]


@pytest.mark.parametrize(
    "change",
    [
        {"state": None},  # only drafted
        {"kind": RequestKind.DISCLOSURE},
        {"identifier": ("email", "another@mail.example")},
        {"provider": Address(HERE.org, b"\3" * 16)},
        {"elements": ("name",)},
        {"first_day": TODAY - 85},
        {"last_day": TODAY - 81},
    ],
)
def test_a_preservation_of_something_else_preserves_nothing(change: dict[str, object]) -> None:
    wanted = task("login_ip")
    whole = replace(wanted, kind=RequestKind.PRESERVATION, state=StateName.RECEIVED, request_id="dd")
    (blip,) = (b for b in scan([wanted, whole], {HERE: CATALOGUE}, NOW) if b.watched is wanted)
    assert (blip.preservation, blip.frozen) == ("dd", False)
    other = replace(whole, **change)  # type: ignore[arg-type]
    (blip,) = (b for b in scan([wanted, other], {HERE: CATALOGUE}, NOW) if b.watched is wanted)
    assert blip.preservation == ""


def test_a_request_whose_identifier_is_not_known_here_is_covered_by_no_other() -> None:
    wanted = replace(task("login_ip"), identifier=("", ""), state=StateName.RECEIVED)
    other = replace(wanted, kind=RequestKind.PRESERVATION, state=StateName.PRESERVED, request_id="dd")
    (blip,) = (b for b in scan([wanted, other], {HERE: CATALOGUE}, NOW) if b.watched is wanted)
    assert blip.preservation == ""
