# SPDX-License-Identifier: Apache-2.0
"""The one way in which a command signs: show the exact bytes as a picture, ask, sign, send, say what happened.

A grant, and anything in a request marked emergency, needs a word typed in full; `--yes` does not count there
(cryptography §5). What is shown is parsed back from the bytes that the signature will cover. The signature itself and
the network are the SDK's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import Final

from rogatory.client.cli.command import call
from rogatory.client.cli.exits import Exit
from rogatory.client.cli.render.content import opened_sections, reduced_rows
from rogatory.client.cli.render.draft import findings_tree
from rogatory.client.cli.render.facts import four_facts
from rogatory.client.cli.render.law import doubt_sections
from rogatory.client.cli.render.names import Names, make_names
from rogatory.client.cli.render.state import sent_tree
from rogatory.client.cli.render.statement import statement_tree
from rogatory.client.cli.render.tree import Section
from rogatory.client.cli.render.waits import change_sections
from rogatory.client.cli.results import LintResult, SentResult, findings, sent_result
from rogatory.client.cli.results_state import changes
from rogatory.client.cli.session import Aborted, Run
from rogatory.client.composing import Prepared
from rogatory.client.outbox import sweep_staging
from rogatory.client.outgoing import sign_and_send
from rogatory.client.session import Session
from rogatory.protocol.pack import EMERGENCY
from rogatory.protocol.pack.shape import PERSON_ROLE, VICTIM
from rogatory.protocol.state import Flag
from rogatory.protocol.statements import Amend, Body, DecisionCode, Issue, ProposeNarrowing, Validate

_GRANTS: Final = frozenset({DecisionCode.GRANT, DecisionCode.GRANT_NARROWED})
_QUESTIONS: Final = {
    "ISSUE": "Sign and send this request?",
    "VALIDATE": "Sign this decision?",
    "RECEIVE": "Sign that you have read this request?",
    "PRESERVE": "Sign that the data are frozen?",
    "REFUSE": "Sign this refusal?",
    "DISCLOSE": "Release this disclosure?",
    "ACKNOWLEDGE": "Sign that you have opened and checked this disclosure?",
    "WITHDRAW": "Take this request back?",
    "SECOND": "Approve these exact bytes of your colleague?",
    "CONFIRM_ORIGIN_CHALLENGE": "Ask whether this really came from there?",
    "CONFIRM_ORIGIN": "Sign this answer to the challenge?",
    "RELEASE": "Sign that the data were let go?",
    "CLARIFY_REQUEST": "Sign and send this question?",
    "CLARIFY": "Sign and send this answer?",
    "RESCIND": "Take your validation back?",
    "ANNUL": "Quash this request?",
    "PROPOSE_NARROWING": "Propose this scope?",
    "AMEND": "Sign this scope?",
    "OBJECT": "Sign this objection?",
    "MAINTAIN": "Keep the request as it is?",
    "NEW_DEADLINE": "Give this later end?",
    "NOTIFY": "Notify the enforcing authority?",
    "NO_GROUNDS": "Sign that you raise no ground?",
    "ERROR": "Report this error?",
    "ATTEST_DELETION": "Attest this?",
    "EXTEND": "Extend the preservation?",
    "HOLD": "Have the data held?",
    "END": "Sign that the data are no longer needed?",
    "DEFER_NOTICE": "Sign that the person is not told yet?",
    "NOTIFY_SUBJECT": "Sign this about the notice?",
    "EXTEND_SEAL": "Sign that the entries stay sealed?",
    "REWRAP": "Give this reader the key?",
    "CLAIM_COST": "Sign this claim?",
    "SETTLE_COST": "Sign this answer to the claim?",
    "TRANSMIT_OUTSIDE": "Record this?",
    "PAGE_ACK": "Sign that you have seen the call?",
    "ERASE": "Have it destroyed for good?",
}


def session_names(session: Session) -> Names:
    """Return the names of the profile's book, and of the directory's units."""
    return make_names(session.profile.config.names, session.directory)


def picture(prepared: Prepared, names: Names) -> Section:
    """Return what will be signed, and what was opened to decide on it."""
    tree = statement_tree(prepared.payload, names)
    tree = Section(tree.title, (*reduced_rows(victim=_of_victim(prepared)), *_changes(prepared), *tree.items))
    if prepared.opened is None:
        return tree
    opened = opened_sections(
        prepared.opened.particulars, prepared.opened.grounds, prepared.opened.notes.values()
    )
    return Section(tree.title, (*opened, *tree.items))


def picture_under_law(session: Session, prepared: Prepared) -> Section:
    """Return what will be signed, below what the law behind it leaves open: facts nobody confirmed, signatures nobody makes."""
    tree = picture(prepared, session_names(session))
    header, body = prepared.statement.header, prepared.statement.body
    pack = prepared.view.pack if prepared.view is not None else session.packs.get(header.pack_digest)
    if pack is None or not (isinstance(body, Issue) or _grants(body)):
        return tree
    act = "ISSUING" if isinstance(body, Issue) else "VALIDATING"
    return Section(tree.title, (*doubt_sections(pack, pack.wants_signature(act)), *tree.items))


def _grants(body: Body) -> bool:
    return isinstance(body, Validate) and body.decision in _GRANTS


def _once_more(session: Session, prepared: Prepared) -> Iterator[Section]:
    """Yield the four facts that stand right before the question, where a request is signed or decided on."""
    statement, opened = prepared.statement, prepared.opened
    if opened is None or not isinstance(statement.body, Issue | Validate):
        return
    issue = statement if isinstance(statement.body, Issue) else None
    if issue is None and prepared.view is not None:
        issue = prepared.view.issue.verified.statement
    if issue is None or not isinstance(issue.body, Issue):
        return
    granted = (
        {item.number: item for item in statement.body.granted} if isinstance(statement.body, Validate) else {}
    )
    header = issue.header
    yield four_facts(
        session.packs[header.pack_digest],
        issue.body.legal_type,
        header.tasks,
        granted,
        opened.particulars,
        opened.grounds,
        header.facts,
    )


def _changes(prepared: Prepared) -> Iterator[Section]:
    """Yield what a stated scope changes against the one in force, which the bytes alone do not say."""
    body, view = prepared.statement.body, prepared.view
    if (
        view is None
        or not view.state.transmitted
        or not isinstance(body, Amend | ProposeNarrowing | Validate)
    ):
        return
    if body.granted:
        yield from change_sections(changes(view.state.granted, body.granted))


def _of_victim(prepared: Prepared) -> bool:
    """Whether the request concerns a victim: its own facts say so, or the state that it is folded into."""
    role = prepared.statement.header.fact(PERSON_ROLE)
    if role is not None and VICTIM in role.values:
        return True
    return prepared.view is not None and Flag.REDUCED_DISTRIBUTION.value in prepared.view.state.flags


def questions_of(prepared: Prepared) -> tuple[Section, ...]:
    """Return what is worth a second look before a request is signed, to be shown above it."""
    problems = prepared.opened.problems if prepared.opened is not None else ()
    if not problems:
        return ()
    return (findings_tree(LintResult(prepared.statement.header.request_id.hex(), findings(problems))),)


def word_for(prepared: Prepared) -> str:
    """Return the word that must be typed to sign; empty where a plain yes will do."""
    body = prepared.statement.body
    urgent = prepared.statement.header.fact(EMERGENCY) is not None
    if prepared.view is not None and prepared.view.state.emergency:
        urgent = True
    if _grants(body):
        return "grant"
    return "emergency" if urgent else ""


async def ask_and_send(
    run: Run, session: Session, prepared: Prepared, also: tuple[Section, ...] = ()
) -> SentResult:
    """Show (what the bytes do not hold goes into ``also``), ask, sign, send.

    Raises:
        Aborted: The person said no.
        RogatoryError: The exchange refused, or its answer did not verify.
    """
    kind = prepared.statement.header.kind.name
    tree = picture_under_law(session, prepared)
    shown = Section(tree.title, (*also, *tree.items))
    tree = picture(prepared, session_names(session))
    shown = Section(tree.title, (*also, *tree.items, *_once_more(session, prepared)))
    try:
        run.confirm(shown, _QUESTIONS.get(kind, "Sign this?"), word=word_for(prepared))
    except Aborted:
        sweep_staging(session.profile)
        raise
    with run.output.progress("sending") as report:
        sent = await sign_and_send(session, prepared, progress=report)
    return sent_result(prepared, sent)


def sign(
    run: Run, prepare: Callable[[Session], Awaitable[Prepared]], *, offline: bool = False
) -> Exit | None:
    """Do all of a signing command: prepare one statement, ask, sign, send, show the result.

    Args:
        run: The run.
        prepare: Makes the statement.
        offline: Go on without the exchange if it cannot be reached; the statement then waits in the outbox.
    """

    async def work(session: Session) -> SentResult:
        return await ask_and_send(run, session, await prepare(session))

    result = call(run, work, secrets=True, fallback=offline)
    run.output.result(run.command, result, sent_tree(result))
    return None
