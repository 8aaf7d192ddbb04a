# SPDX-License-Identifier: Apache-2.0
"""What a client remembers: heads that must agree, a scheme that is verified again, evidence that is numbered.

No network; heads here are invented and their signatures were checked by nobody.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from rogatory.client.evidence import keeping
from rogatory.client.private_files import write_private
from rogatory.client.trusted_state import KnownHead, Trusted, TrustedState
from rogatory.protocol.errors import Invalid, NotVerified, Refused
from rogatory.protocol.receipt import LogHead
from tests.support.desks import make_profile
from tests.support.realm import shared_realm


@pytest.fixture
def state(tmp_path: Path) -> TrustedState:
    return TrustedState(make_profile(shared_realm(), "judge", tmp_path / "profile", "127.0.0.1:1"))


def head(size: int, fill: int = 0) -> LogHead:
    return LogHead(size, bytes([fill]) * 32, b"note %d %d" % (size, fill))


def test_heads_are_remembered_across_runs(state: TrustedState) -> None:
    state.note_heads(head(5), head(3))
    state.note_heads(head(4), head(5))
    again = TrustedState(state.profile).trusted
    assert again.unchecked == tuple(KnownHead(size, bytes(32)) for size in (3, 4, 5))
    assert again.highest == KnownHead(5, bytes(32))
    assert TrustedState(state.profile).note_of(5) == head(5).note


def test_two_roots_of_one_size_are_a_fork_and_both_notes_are_kept(state: TrustedState) -> None:
    state.note_heads(head(5))
    with pytest.raises(NotVerified) as raised:
        state.note_heads(head(5, 1))
    assert raised.value.rule == "LOG.FORK"
    (kept,) = state.profile.folder("evidence").iterdir()
    assert [path.read_bytes() for path in sorted(kept.iterdir())] == [head(5).note, head(5, 1).note]


def test_a_fork_within_one_answer_is_found_too(state: TrustedState) -> None:
    with pytest.raises(NotVerified):
        state.note_heads(head(5), head(5, 1))


KNOWN = KnownHead(5, bytes(32))


@pytest.mark.parametrize(
    "trusted", [Trusted(checkpoint=KNOWN), Trusted(history=(KNOWN,)), Trusted(highest=KNOWN)]
)
def test_a_head_is_held_against_everything_that_was_known(state: TrustedState, trusted: Trusted) -> None:
    state.update(trusted)
    with pytest.raises(NotVerified):
        state.note_heads(head(5, 1))


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"cursor": "x"}', b'{"surplus": 1}'])
def test_a_damaged_state_is_an_error_and_never_a_belief(state: TrustedState, data: bytes) -> None:
    write_private(state.profile.folder("state") / "trusted.json", data)
    with pytest.raises(Invalid):
        TrustedState(state.profile)


def test_without_a_sync_there_is_no_scheme(state: TrustedState) -> None:
    with pytest.raises(Invalid) as raised:
        state.load_scheme()
    assert raised.value.rule == "SYNCED"


def test_evidence_is_kept_for_what_does_not_hold_and_for_nothing_else(state: TrustedState) -> None:
    for error in (NotVerified("X_RECEIPT_INVALID"), Refused("X_EXPIRED"), NotVerified("X_LOG_INVALID")):
        with pytest.raises(type(error)), keeping(state, "receipt", b"what came", b"what was sent"):
            raise error
    with keeping(state, "receipt", b"fine"):
        pass
    kept = sorted(path.name for path in state.profile.folder("evidence").iterdir())
    assert kept == ["0001-receipt", "0002-receipt"]
