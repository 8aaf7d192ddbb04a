# SPDX-License-Identifier: Apache-2.0
"""What `request new --emergency` and `request send --together` do: several requests, one read-back, one answer.

Everything that will be signed is shown before the one question, each request from its own exact bytes; then each gets its
own signature. One that the exchange refuses does not keep the others back. Which requests there are is not decided here.
"""

from __future__ import annotations

from rogatory.client.cli.command import call
from rogatory.client.cli.exits import Exit
from rogatory.client.cli.render.divided import divided_tree, together_tree
from rogatory.client.cli.render.tree import Section
from rogatory.client.cli.results import SentResult, sent_result
from rogatory.client.cli.results_emergency import (
    DividedResult,
    LeftResult,
    PartResult,
    TogetherResult,
    UnsentResult,
)
from rogatory.client.cli.session import Run, UsageError
from rogatory.client.cli.signing import picture, questions_of, session_names, word_for
from rogatory.client.composing import Prepared
from rogatory.client.drafting import prepare_issue
from rogatory.client.drafts import DraftRequest, drafted_together, save_draft
from rogatory.client.emergency import Divided, divide
from rogatory.client.outbox import list_outbox
from rogatory.client.outgoing import sign_and_send
from rogatory.client.session import Session
from rogatory.protocol.errors import RogatoryError
from rogatory.protocol.statements import RequestKind


def new_divided(run: Run, draft: DraftRequest, duty_judge: str) -> Exit | None:
    """Divide a draft, keep the drafts that it becomes, and show them."""
    if draft.kind != RequestKind.DISCLOSURE.name:
        raise UsageError(
            "What is divided is what you want disclosed; the freezing comes by itself.",
            "--kind",
            "VALUE",
        )

    async def work(session: Session) -> Divided:
        return divide(session, draft, duty_judge)

    divided = call(run, work, fallback=True)
    profile = run.profile()
    for made, _ in divided.parts:
        save_draft(profile, made)
    result = _result(divided)
    run.output.result(run.command, result, divided_tree(result))
    run.output.say(f"Next: rogatory request send {result.together} --together")
    return None


def send_together(run: Run, draft: DraftRequest) -> Exit | None:
    """Show everything that was drafted together, ask once, sign and send each."""
    drafts = drafted_together(run.profile(), draft.together)
    if not drafts:
        raise UsageError("This draft was not made together with others.", "DRAFT", "TOGETHER")

    async def work(session: Session) -> TogetherResult:
        known = {item.hex() for item in await _issued(session)}
        fresh = [item for item in drafts if item.request_id not in known]
        prepared = [prepare_issue(session, item) for item in fresh]
        if prepared:
            _ask(run, session, prepared)
        sent: list[SentResult] = []
        refused: list[UnsentResult] = []
        for item in prepared:
            try:
                sent.append(sent_result(item, await sign_and_send(session, item)))
            except RogatoryError as error:
                refused.append(UnsentResult(item.request_id.hex(), error.code, error.field, error.rule))
        before = tuple(item.request_id for item in drafts if item.request_id in known)
        return TogetherResult(tuple(sent), tuple(refused), before)

    result = call(run, work, secrets=True, fallback=True)
    code = Exit.REFUSED if result.refused else Exit.OK
    run.output.outcome(run.command, code, result, together_tree(result))
    return code


async def _issued(session: Session) -> set[bytes]:
    """Return the requests that are issued already, or signed and waiting: none of them is signed a second time."""
    tips = await session.exchange.list_requests() if session.online else ()
    waiting = {item.request_id for item in list_outbox(session.profile)}
    return waiting | {tip.request_id for tip in tips} | set(session.state.known_requests())


def _ask(run: Run, session: Session, prepared: list[Prepared]) -> None:
    """Show each request from its exact bytes, and ask once; a word is demanded where one of them demands it."""
    names = session_names(session)
    shown = []
    for i, item in enumerate(prepared, 1):
        tree = picture(item, names)
        shown.append(Section(f"{i} of {len(prepared)}: {tree.title}", (*questions_of(item), *tree.items)))
    word = next((found for found in map(word_for, prepared) if found), "")
    page = Section(f"{len(prepared)} requests, each signed by itself", tuple(shown))
    run.confirm(page, f"Sign and send these {len(prepared)} requests?", word=word)


def _result(divided: Divided) -> DividedResult:
    return DividedResult(
        divided.parts[0][0].together,
        tuple(
            PartResult(
                draft.request_id,
                draft.kind,
                part.judged.categories,
                part.judged.standing.value,
                divided.validated_within(part),
                draft,
            )
            for draft, part in divided.parts
        ),
        tuple(
            LeftResult(item.kind.name, item.category, item.elements, item.refusal.code, item.refusal.rule)
            for item in divided.left
        ),
    )
