# SPDX-License-Identifier: Apache-2.0
"""Drafts, plans and narrowings: what a person writes is read strictly, and reads back as it was.

What the rules of law say about a draft is tested with the pack and the lifecycle.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rogatory.client.authority import Narrowing
from rogatory.client.disclosing import plan_from_json
from rogatory.client.drafts import (
    DraftFact,
    DraftGrounds,
    DraftInstant,
    DraftRequest,
    DraftTask,
    delete_draft,
    draft_from_json,
    draft_to_json,
    list_drafts,
    load_draft,
    new_draft,
    save_draft,
)
from rogatory.protocol.errors import Invalid, Refused, RogatoryError
from rogatory.protocol.header import Task
from rogatory.protocol.ids import SystemClock, is_uuid7
from rogatory.protocol.statements import GrantedTask
from tests.support.desks import make_profile
from tests.support.realm import SeededEntropy, shared_realm

WORDS = st.text(max_size=40)
INSTANTS = st.builds(DraftInstant, WORDS, WORDS)
TASKS = st.builds(
    DraftTask,
    identifier_type=WORDS,
    identifier=WORDS,
    elements=st.lists(WORDS, max_size=3).map(tuple),
    since=INSTANTS,
    until=INSTANTS,
    purpose=WORDS,
    service=WORDS,
    observed=st.lists(INSTANTS, max_size=2).map(tuple),
    words=WORDS,
)
FACTS = st.builds(DraftFact, st.lists(WORDS, max_size=2).map(tuple), st.integers(0, 10**6))
DRAFTS = st.builds(
    DraftRequest,
    kind=st.sampled_from(["PRESERVATION", "DISCLOSURE"]),
    pack_id=WORDS,
    provider=WORDS,
    authority=WORDS,
    tasks=st.lists(TASKS, max_size=3).map(tuple),
    facts=st.dictionaries(WORDS, FACTS, max_size=3),
    grounds=st.builds(DraftGrounds, WORDS, WORDS, WORDS, WORDS, WORDS, WORDS),
)
TASK = Task(3, "msisdn", bytes(32), ("login_ip", "name"), "EVIDENCE", 100, 110)


@given(DRAFTS)
def test_json_and_draft_are_each_others_inverse(draft: DraftRequest) -> None:
    assert draft_from_json(json.loads(json.dumps(draft_to_json(draft)))) == draft


def test_a_draft_that_is_printed_shows_neither_identifier_nor_grounds() -> None:
    """Such a text could end in a trace or a log."""
    at = DraftInstant("2026-11-02T00:00:00Z")
    task = DraftTask("msisdn", "MARKER-1", ("name",), at, at, words="MARKER-2")
    draft = DraftRequest("DISCLOSURE", "p", "a", "b", (task,), grounds=DraftGrounds("MARKER-3"))
    assert "MARKER" not in repr(draft)


@pytest.mark.parametrize(
    "change",
    [{"surplus": 1}, {"tasks": [{"identifier": "x"}]}, {"kind": 1}, {"facts": []}, {"grounds": None}],
)
def test_json_that_is_no_draft_is_refused(change: dict[str, object]) -> None:
    data = draft_to_json(DraftRequest("DISCLOSURE", "p", "a", "b", ()))
    with pytest.raises(Invalid):
        draft_from_json({**data, **change})


def test_a_draft_is_kept_found_by_a_prefix_and_removed(tmp_path: Path) -> None:
    profile = make_profile(shared_realm(), "investigator", tmp_path / "profile", "127.0.0.1:1")
    clock, entropy = SystemClock(), SeededEntropy("drafts")
    drafts = [new_draft(DraftRequest("DISCLOSURE", "p", "a", "b", ()), clock, entropy) for _ in range(2)]
    ids = [save_draft(profile, draft) for draft in drafts]
    assert all(is_uuid7(bytes.fromhex(name)) for name in ids)
    assert list_drafts(profile) == tuple(sorted(ids))
    assert load_draft(profile, ids[0].upper()) == drafts[0]
    assert new_draft(drafts[0], clock, entropy) is drafts[0]
    with pytest.raises(Refused) as raised:
        load_draft(profile, ids[0][:4])
    assert raised.value.rule == "ONE_MATCH"
    delete_draft(profile, ids[0])
    assert list_drafts(profile) == (ids[1],)


@pytest.mark.parametrize("name", ["", "../x", "zz", "aa/bb", "aa\\bb", "aa\0", "*"])
def test_a_draft_name_is_hex_and_never_a_path(tmp_path: Path, name: str) -> None:
    profile = make_profile(shared_realm(), "investigator", tmp_path / "profile", "127.0.0.1:1")
    with pytest.raises(RogatoryError):
        load_draft(profile, name)
    with pytest.raises(Invalid):
        delete_draft(profile, name)


def test_a_plan_is_read_with_paths_from_its_own_folder(tmp_path: Path) -> None:
    data = {
        "items": [{"path": "a.log", "task": 1, "element": "nat_binding", "format": "CGNAT_SYSLOG"}],
        "outcomes": {"2": "NO_RECORD"},
        "words": "invented",
    }
    plan = plan_from_json(data, tmp_path)
    assert plan.items[0].path == tmp_path / "a.log"
    assert dict(plan.outcomes) == {2: "NO_RECORD"}
    assert "invented" not in repr(plan)


@pytest.mark.parametrize(
    "data",
    [[], {"items": [{"path": "a"}]}, {"outcomes": {"two": "NO_RECORD"}}, {"items": {}}, {"more": 1}],
)
def test_json_that_is_no_plan_is_refused(tmp_path: Path, data: object) -> None:
    with pytest.raises(Invalid):
        plan_from_json(data, tmp_path)


@pytest.mark.parametrize("key", ["", "0", "01", "+1", "1_0", " 1", "1\n", "\u0661", "100", "9" * 5000])
def test_an_outcome_of_what_is_no_task_number_is_refused_by_name(tmp_path: Path, key: str) -> None:
    with pytest.raises(Invalid) as caught:
        plan_from_json({"outcomes": {key: "NO_RECORD"}}, tmp_path)
    assert caught.value.args == ("X_FIELD_INVALID", "plan.outcomes", "TASK_NUMBER")


def test_a_narrowing_leaves_the_rest_as_it_was_asked() -> None:
    assert Narrowing().applied(TASK) == GrantedTask(3, ("login_ip", "name"), 100, 110)
    assert Narrowing(drop_tasks=frozenset({3})).applied(TASK) is None
    assert Narrowing(drop_tasks=frozenset({2})).applied(TASK) is not None
    assert Narrowing(drop_elements=frozenset({(3, "name")})).applied(TASK) == GrantedTask(
        3, ("login_ip",), 100, 110
    )
    every = Narrowing(drop_elements=frozenset({(0, "login_ip")}), since_day={0: 105}, until_day={3: 106})
    assert every.applied(TASK) == GrantedTask(3, ("name",), 105, 106)


@pytest.mark.parametrize(
    ("narrowing", "code"),
    [
        (Narrowing(since_day={3: 99}), "X_SCOPE_EXCEEDED"),
        (Narrowing(until_day={0: 111}), "X_SCOPE_EXCEEDED"),
        (Narrowing(since_day={3: 108}, until_day={3: 107}), "X_TIME_RANGE_INVALID"),
        (Narrowing(drop_elements=frozenset({(0, "name"), (3, "login_ip")})), "X_FIELD_MISSING"),
    ],
)
def test_a_narrowing_never_widens_and_never_leaves_nothing(narrowing: Narrowing, code: str) -> None:
    with pytest.raises(RogatoryError) as raised:
        narrowing.applied(TASK)
    assert raised.value.code == code
