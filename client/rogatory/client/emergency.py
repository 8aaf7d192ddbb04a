# SPDX-License-Identifier: Apache-2.0
"""An emergency in the agency's own drafts: one wish becomes the requests that the pack divides it into.

Each is a request of its own, with its own id and statement; that they belong together stays in the drafts. What goes on
whose word is the pack's (``rogatory.protocol.pack.splitting``); nothing is signed or sent here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from rogatory.client.addressbook import find_provider
from rogatory.client.draft_checks import parse
from rogatory.client.drafts import DraftFact, DraftRequest, new_draft
from rogatory.client.session import Session
from rogatory.protocol import errors
from rogatory.protocol.errors import Refused
from rogatory.protocol.header import DAY_MS, Fact, Task, require
from rogatory.protocol.pack import EMERGENCY, Asked, Pack
from rogatory.protocol.pack.judging import Standing
from rogatory.protocol.pack.shape import VALIDATION
from rogatory.protocol.pack.splitting import Left, Part, split
from rogatory.protocol.statements import RequestKind


@dataclass(frozen=True, slots=True)
class Divided:
    """A draft for each part of a division, in the order in which they go, and what the law lets nobody ask this way."""

    pack: Pack
    parts: tuple[tuple[DraftRequest, Part], ...]
    left: tuple[Left, ...]

    def validated_within(self, part: Part) -> str:
        """Return how soon a part that goes out now must be validated afterwards; empty where it need not."""
        if part.judged.standing is not Standing.VALIDATED_AFTER:
            return ""
        return self.pack.rules(part.asked.kind).authority[part.judged.rank].ex_post or ""


def divide(session: Session, draft: DraftRequest, duty_judge: str = "") -> Divided:
    """Divide a draft; see ``split``.

    Args:
        session: Whose drafts they are; from what was verified before, where the exchange is not reached.
        draft: Everything that is wanted, as a disclosure.
        duty_judge: Who is asked about what must be validated before; the draft's authority unless given.

    Raises:
        Refused: ``X_FIELD_MISSING``: the pack knows emergencies and the draft states none; or nothing can be asked at all.
        RogatoryError: A name or a time of the draft that cannot be right.
    """
    pack = session.exchange.scheme.pack_named(draft.pack_id, session.clock.now_ms())
    if EMERGENCY in pack.facts and EMERGENCY not in draft.facts:
        raise Refused(errors.X_FIELD_MISSING, f"draft.facts.{EMERGENCY}", pack.rule(f"facts/{EMERGENCY}"))
    found = split(pack, _asked(session, draft, pack, bool(draft.authority or duty_judge)))
    if not found.parts:
        first = found.left[0].refusal
        raise Refused(first.code, first.field, first.rule)
    drafts = [(_draft(session, draft, part, duty_judge), part) for part in found.parts]
    first_id = drafts[0][0].request_id
    return Divided(pack, tuple((replace(item, together=first_id), part) for item, part in drafts), found.left)


def _asked(session: Session, draft: DraftRequest, pack: Pack, validator: bool) -> Asked:  # noqa: FBT001
    require(draft.tasks, "draft.tasks", "PRESENT", errors.X_FIELD_MISSING)
    kind = RequestKind.DISCLOSURE
    rules = pack.kinds.get(kind.name)
    directory = session.directory
    receiving = directory.org(find_provider(session, draft.provider, "draft.provider").org)
    return Asked(
        kind=kind,
        legal_type=rules.legal_type if rules is not None else "",
        role=session.me.role,
        facts=_facts(draft.facts),
        tasks=tuple(
            Task(
                number=i,
                identifier_type=task.identifier_type,
                elements=tuple(sorted(set(task.elements))),
                purpose=task.purpose,
                first_day=parse(task.since, f"tasks[{i - 1}].since").utc_ms // DAY_MS,
                last_day=parse(task.until, f"tasks[{i - 1}].until").utc_ms // DAY_MS,
            )
            for i, task in enumerate(draft.tasks, 1)
        ),
        validator=validator,
        enforcing=bool(draft.enforcing),
        day=session.clock.now_ms() // DAY_MS,
        issuing=directory.org(session.me.org).jurisdiction,
        receiving=receiving.jurisdiction,
    )


def _draft(session: Session, draft: DraftRequest, part: Part, duty_judge: str) -> DraftRequest:
    asked, standing = part.asked, part.judged.standing
    facts = {code: fact for code, fact in draft.facts.items() if code != VALIDATION}
    facts |= {fact.code: DraftFact(fact.values) for fact in asked.facts if fact.code == VALIDATION}
    usual = draft.authority or duty_judge
    judge = duty_judge or draft.authority
    authority = {Standing.ALONE: "", Standing.VALIDATED_AFTER: usual, Standing.VALIDATED_BEFORE: judge}
    made = replace(
        draft,
        kind=asked.kind.name,
        authority=authority[standing],
        enforcing=draft.enforcing if asked.enforcing else "",
        tasks=tuple(replace(draft.tasks[task.number - 1], elements=task.elements) for task in asked.tasks),
        facts=facts,
        preservation=draft.preservation if asked.kind is RequestKind.DISCLOSURE else "",
        request_id="",
    )
    return new_draft(made, session.clock, session.entropy)


def _facts(facts: Mapping[str, DraftFact]) -> tuple[Fact, ...]:
    return tuple(
        Fact(code, tuple(sorted(set(fact.values))), fact.number) for code, fact in sorted(facts.items())
    )
