# SPDX-License-Identifier: Apache-2.0
"""What a dishonest investigator seals is refused by name at the judge and, behind a careless judge, at the provider.

Three forgeries that the exchange cannot see: a section moved from another header, a commitment to one number with another
sealed, an identifier that holds a list. What the exchange can see is tested elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from rogatory.client import authority, provider
from rogatory.client.composing import Prepared, answer, prepared
from rogatory.client.drafting import _seal, make_issue, prepare_issue
from rogatory.client.outgoing import sign_and_send
from rogatory.client.session import Session
from rogatory.protocol import codec
from rogatory.protocol.errors import NotVerified, Refused, RogatoryError
from rogatory.protocol.header import Header, SectionKind, SectionRef
from rogatory.protocol.statements import DecisionCode, GrantedTask, Statement, Validate
from tests.support.desks import Desks, task
from tests.support.front import ServerProcess

NUMBER = task("+15550100123", ("telephone_number",), "msisdn")
OTHER = "+15550100199"
LIST = task("+15550100123,+15550100199", ("telephone_number",), "msisdn")


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    folder = tmp_path_factory.mktemp("forged")
    server = ServerProcess.start(folder / "realm")
    yield Desks(server, folder / "people")
    server.stop()


def moved(session: Session, desks: Desks) -> Prepared:
    """The particulars of a request that was never sent, under the header of another."""
    unsent, made = make_issue(session, desks.draft(NUMBER)), make_issue(session, desks.draft(NUMBER))
    return _with_particulars(made, *_particulars(unsent))


def another_number(session: Session, desks: Desks) -> Prepared:
    """Committed to one number, sealed another."""
    made = make_issue(session, desks.draft(NUMBER))
    assert made.opened is not None
    false = replace(made.opened.particulars[1], identifier=OTHER.encode())
    bare = made.statement.header.without_sections()
    readers = [desks.realm.unit(name) for name in ("investigator", "judge", "provider")]
    return _with_particulars(
        made, *_seal(session, bare, SectionKind.PARTICULARS, 1, codec.encode(false), readers)
    )


def a_list(session: Session, desks: Desks) -> Prepared:
    """Two numbers where one belongs, honestly committed to."""
    return make_issue(session, desks.draft(LIST))


FORGERIES = [
    pytest.param(moved, ("X_SEAL_BROKEN", "SECTION.CONTEXT"), id="a section moved under another header"),
    pytest.param(another_number, ("X_COMMITMENT_MISMATCH", None), id="one number committed, another sealed"),
    pytest.param(a_list, ("X_TARGET_NOT_SPECIFIC", None), id="an identifier that holds a list"),
]
Forge = Callable[[Session, Desks], Prepared]


def _particulars(made: Prepared) -> tuple[bytes, SectionRef]:
    sections = made.statement.header.sections
    at = next(i for i, ref in enumerate(sections) if ref.kind is SectionKind.PARTICULARS)
    return made.objects[at], sections[at]


def _with_particulars(made: Prepared, data: bytes, ref: SectionRef) -> Prepared:
    """The same statement with another object in place of its particulars."""
    pairs = [
        (data, ref) if old.kind is SectionKind.PARTICULARS else (kept, old)
        for kept, old in zip(made.objects, made.statement.header.sections, strict=True)
    ]
    header: Header = replace(made.statement.header, sections=tuple(ref for _, ref in pairs))
    statement = Statement(header, made.statement.body)
    return prepared(statement, view=None, objects=tuple(data for data, _ in pairs), opened=made.opened)


async def _issued(desks: Desks, forge: Forge) -> bytes:
    sent = await desks.act("investigator", lambda session: forge(session, desks))
    assert sent.state is not None, "the exchange cannot see what is sealed, so it accepts"
    return sent.request_id


async def _granted_blindly(session: Session, request_id: bytes) -> Prepared:
    """A grant that claims sections it never opened."""
    view = await session.exchange.view(request_id, "VALIDATION")
    asked = [item.task for item in view.state.tasks]
    granted = tuple(GrantedTask(t.number, t.elements, t.first_day, t.last_day) for t in asked)
    opened = tuple(sorted(ref.object_digest for ref in view.state.sections))
    body = Validate(DecisionCode.GRANT, "", granted, opened)
    return answer(session, view, body, view.state.provider, view.state.issue_digest)


def _is(error: RogatoryError, expected: tuple[str, str | None]) -> None:
    code, rule = expected
    assert error.code == code
    assert rule is None or error.rule == rule
    assert OTHER not in str(error), "an error never carries a value"


@pytest.mark.parametrize(("forge", "expected"), FORGERIES)
async def test_a_forgery_is_refused_by_name_at_the_judge(
    desks: Desks, forge: Forge, expected: tuple[str, str | None]
) -> None:
    request_id = await _issued(desks, forge)
    async with desks.open("judge") as session:
        shown = await authority.show(session, request_id)
        assert expected[0] in {problem.code for problem in shown.problems}
        with pytest.raises((NotVerified, Refused)) as caught:
            await authority.prepare_grant(session, request_id)
    _is(caught.value, expected)


@pytest.mark.parametrize(("forge", "expected"), FORGERIES)
async def test_behind_a_careless_judge_it_is_refused_by_name_at_the_provider(
    desks: Desks, forge: Forge, expected: tuple[str, str | None]
) -> None:
    request_id = await _issued(desks, forge)
    async with desks.open("judge") as session:
        await sign_and_send(session, await _granted_blindly(session, request_id))
    async with desks.open("provider-service") as session:
        await provider.deliver(session, request_id)
    async with desks.open("compliance") as session:
        with pytest.raises((NotVerified, Refused)) as caught:
            await provider.prepare_receive(session, request_id)
    _is(caught.value, expected)


async def test_the_investigators_own_client_seals_none_of_them(desks: Desks) -> None:
    async with desks.open("investigator") as session:
        with pytest.raises(Refused, match="X_TARGET_NOT_SPECIFIC"):
            prepare_issue(session, desks.draft(LIST))
