# SPDX-License-Identifier: Apache-2.0
"""`request new` as a form on a terminal: whatever the options and the template leave open is asked, one thing at a time.

Choices come from the law and the directory that the profile has verified; nothing is chosen beforehand, and an empty line is no
answer. Each answer is looked at when it is given, by the same pure checks as later; a moment is read back in its local time
and in UTC. Whether the whole may be asked for is for `request lint`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from rogatory.client.cli.catalogue import meaning, sentence
from rogatory.client.cli.draft_input import MAX_DIGITS
from rogatory.client.cli.render.content import local_and_utc
from rogatory.client.cli.render.marks import safe
from rogatory.client.cli.session import Run, UsageError
from rogatory.client.cli.typed import Given, identifier_from, typed_twice
from rogatory.client.draft_checks import parse
from rogatory.client.drafts import (
    DraftExhibit,
    DraftFact,
    DraftGrounds,
    DraftInstant,
    DraftRequest,
    DraftTask,
)
from rogatory.client.profile import Profile
from rogatory.client.scheme import Scheme
from rogatory.protocol.directory import Directory, PartyKind, RowStatus
from rogatory.protocol.errors import RogatoryError
from rogatory.protocol.identifiers import check_identifier
from rogatory.protocol.ids import SystemClock
from rogatory.protocol.pack import Pack
from rogatory.protocol.pack.shape import FactRule
from rogatory.protocol.statements import RequestKind
from rogatory.protocol.writing import spoken

T = TypeVar("T")
NONE: Final = "-"  # what is typed to leave something empty on purpose
_GROUNDS: Final = {
    "case_number": "Case number",
    "offence": "Offence",
    "necessity": "Why it is necessary",
    "proportionality": "Why it is proportionate",
    "case_summary": "The case in short",
}


def incomplete(draft: DraftRequest) -> bool:
    """Tell whether something is still open that a request cannot be without."""
    if not (draft.kind and draft.pack_id and draft.provider and draft.tasks):
        return True
    return any(
        not (
            task.identifier_type and task.identifier and task.elements and task.since.text and task.until.text
        )
        for task in draft.tasks
    )


def filled(run: Run, profile: Profile, scheme: Scheme, draft: DraftRequest) -> DraftRequest:
    """Ask for everything that a draft leaves open and return it complete.

    Raises:
        EOFError: The input ended before an answer.
    """
    return _Form(run, profile, scheme).fill(draft)


@dataclass(frozen=True, slots=True)
class _Choice:
    """What may be chosen: the value that is kept, and words beside it."""

    value: str
    words: str = ""


class _Form:
    def __init__(self, run: Run, profile: Profile, scheme: Scheme) -> None:
        self._run, self._names = run, profile.config.names
        self._directory: Directory = scheme.directory
        now = SystemClock().now_ms()
        newest: dict[str, Pack] = {}
        for pack in sorted(scheme.packs.values(), key=lambda pack: pack.pack_version):
            if pack.in_force_at(now) and pack.recalled_at is None:
                newest[pack.pack_id] = pack
        self._packs = newest

    def fill(self, draft: DraftRequest) -> DraftRequest:
        say = self._run.output.say
        say(f"A draft, asked one thing at a time. {NONE} leaves out what may be left out; nothing is sent.")
        pack_id = draft.pack_id or self._pick(
            "Regime", [_Choice(p.pack_id, p.title) for p in self._packs.values()]
        )
        if pack_id not in self._packs:
            raise UsageError("There is no such regime in force here.", "--pack", "VOCABULARY")
        pack = self._packs[pack_id]
        kind = draft.kind or self._pick(
            "Kind", [_Choice(k, rules.legal_type) for k, rules in sorted(pack.kinds.items())]
        )
        if kind not in pack.kinds:
            raise UsageError("This regime does not know this kind.", "--kind", "VOCABULARY")
        provider = draft.provider or self._pick("To", self._units(PartyKind.PROVIDER))
        authority = draft.authority or self._pick(
            "To be validated by", [*self._units(PartyKind.AUTHORITY), _Choice(NONE, "nobody")]
        )
        tasks = tuple(self._task(pack, i, task) for i, task in enumerate(draft.tasks, 1)) or self._tasks(pack)
        facts = self._facts(pack, kind, draft.facts)
        asked = {
            name: getattr(draft.grounds, name) or self._text(f"{words} (sealed)")
            for name, words in _GROUNDS.items()
        }
        grounds = DraftGrounds(**asked, emergency_reasons=draft.grounds.emergency_reasons)
        incident = draft.incident or self._moment_if_known("When did it happen; stays in the draft")
        return replace(
            draft,
            kind=kind,
            pack_id=pack_id,
            provider=provider,
            authority="" if authority == NONE else authority,
            tasks=tasks,
            facts=facts,
            grounds=grounds,
            incident=incident,
        )

    def _tasks(self, pack: Pack) -> tuple[DraftTask, ...]:
        blank = DraftTask("", "", (), DraftInstant(""), DraftInstant(""), "")
        tasks = [self._task(pack, 1, blank)]
        while self._yes("Another identifier?"):
            tasks.append(self._task(pack, len(tasks) + 1, blank))
        return tuple(tasks)

    def _task(self, pack: Pack, number: int, task: DraftTask) -> DraftTask:
        self._run.output.say(f"Task {number}: one identifier.")
        chosen = task.identifier_type or self._pick(
            "Type of identifier",
            [_Choice(name, rule.label) for name, rule in sorted(pack.identifiers.items())],
        )
        value, exhibit = (
            (task.identifier, task.exhibit) if task.identifier else self._identifier(pack, chosen)
        )
        elements = task.elements or self._several(
            "Data elements",
            [_Choice(name, "/".join(sorted(set(by.values())))) for name, by in pack.elements.items()],
        )
        purposes = sorted(set[str]().union(*(pack.elements.get(item, {}) for item in elements)))
        purpose = task.purpose or self._pick("Purpose", [_Choice(item) for item in purposes])
        since = task.since if task.since.text else self._moment("Begin of the window", task.since.zone)
        until = task.until if task.until.text else self._moment("End of the window, included", since.zone)
        observed = task.observed
        rule = pack.identifiers.get(chosen)
        if rule is not None and rule.observed_required and not observed:
            observed = (self._moment("When was it seen, to the second", since.zone),)
        return replace(
            task,
            identifier_type=chosen,
            identifier=value,
            exhibit=exhibit,
            elements=tuple(sorted(set(elements))),
            purpose=purpose,
            since=since,
            until=until,
            observed=observed,
        )

    def _identifier(self, pack: Pack, chosen: str) -> tuple[str, DraftExhibit | None]:
        def read(text: str) -> tuple[str, DraftExhibit | None]:
            given = Given("", "", text[1:], "") if text.startswith("@") else Given(text, "", "", "")
            value, exhibit = identifier_from(self._run, given, chosen)
            check_identifier(chosen, value.encode(), pack.identifiers)
            typed_twice(self._run, given, chosen, value)
            groups = spoken(chosen, value)
            self._run.output.say(f"  {safe(groups or value, strict=True)}")
            return value, exhibit

        return self._until_right("Identifier, or @FILE#PLACE to take it from an exhibit: ", read)

    def _moment(self, what: str, zone: str) -> DraftInstant:
        return self._until_right(f"{what}, with offset or zone: ", lambda text: self._read_back(text, zone))

    def _moment_if_known(self, what: str) -> DraftInstant | None:
        question = f"{what}, with offset or zone ({NONE} where it is not known): "
        return self._until_right(question, lambda text: None if text == NONE else self._read_back(text, ""))

    def _read_back(self, text: str, zone: str) -> DraftInstant:
        """Take ``TIME`` or ``TIME ZONE`` and say what it is in local time and in UTC, before anything else is asked."""
        written, _, stated = text.partition(" ")
        moment = DraftInstant(written, stated.strip() or zone)
        self._run.output.say(f"  {local_and_utc(parse(moment, 'moment'))}")
        return moment

    def _facts(self, pack: Pack, kind: str, given: Mapping[str, DraftFact]) -> dict[str, DraftFact]:
        facts = dict(given)
        required = pack.rules(RequestKind[kind]).required_facts
        for code in required:
            if code not in facts:
                facts[code] = self._fact(code, pack.facts[code])
        others = [_Choice(code, meaning(code)) for code in sorted(pack.facts) if code not in facts]
        while others and self._yes("State another fact, of those that are not mandatory?"):
            code = self._pick("Fact", others)
            facts[code] = self._fact(code, pack.facts[code])
            others = [item for item in others if item.value != code]
        return dict(sorted(facts.items()))

    def _fact(self, code: str, rule: FactRule) -> DraftFact:
        words = meaning(code) or code
        if rule.values:
            choices = [_Choice(value, meaning(value, code)) for value in rule.values]
            return DraftFact(tuple(sorted(set(self._several(f"{code}: {words}", choices)))))

        def read(text: str) -> DraftFact:
            if not (
                text.isascii()
                and text.isdigit()
                and len(text) <= MAX_DIGITS
                and 0 < int(text) <= rule.number_max
            ):
                raise UsageError(f"A number from 1 to {rule.number_max}.", code, "NUMBER")
            return DraftFact(number=int(text))

        return self._until_right(f"{code}: {words}, a number: ", read)

    def _units(self, kind: PartyKind) -> list[_Choice]:
        orgs = {org.org for org in self._directory.trust_list.orgs if org.kind is kind}
        found = []
        for unit in self._directory.trust_list.units:
            if unit.org in orgs and unit.status is RowStatus.ACTIVE and unit.sealing_key:
                name = self._names.get(unit.unit.hex()) or self._names.get(unit.org.hex(), "")
                found.append(_Choice(f"{unit.org.hex()}:{unit.unit.hex()}", name))
        return sorted(found, key=lambda item: (item.words, item.value))

    def _text(self, what: str) -> str:
        answer = self._ask(f"{what} ({NONE} for none): ")
        return "" if answer == NONE else answer

    def _yes(self, question: str) -> bool:
        return self._until_right(f"{question} Type yes or no: ", _yes_or_no)

    def _pick(self, what: str, choices: Sequence[_Choice]) -> str:
        self._list(what, choices)
        return self._until_right("  Number: ", lambda text: _numbered(text, choices))

    def _several(self, what: str, choices: Sequence[_Choice]) -> tuple[str, ...]:
        self._list(what, choices)
        return self._until_right(
            "  Numbers, with commas: ",
            lambda text: tuple(_numbered(part.strip(), choices) for part in text.split(",")),
        )

    def _list(self, what: str, choices: Iterable[_Choice]) -> None:
        self._run.output.say(f"{what}:")
        for number, item in enumerate(choices, 1):
            words = f"  ({safe(item.words)})" if item.words else ""
            self._run.output.say(f"  {number}  {safe(item.value)}{words}")

    def _until_right(self, question: str, read: Callable[[str], T]) -> T:
        """Ask until the answer can be read; what is wrong with it is said and never repeated."""
        while True:
            answer = self._ask(question)
            try:
                return read(answer)
            except UsageError as error:
                self._run.output.say(f"  {error}")
            except RogatoryError as error:
                self._run.output.say(
                    f"  {error.code}: {sentence(error.code, error.rule).what} ({error.rule})"
                )

    def _ask(self, question: str) -> str:
        answer = self._run.ask(question)
        if not answer:
            raise EOFError
        return answer


def _yes_or_no(text: str) -> bool:
    if text.casefold() not in {"yes", "y", "no", "n"}:
        raise UsageError("Type yes or no.", "answer", "VOCABULARY")
    return text.casefold().startswith("y")


def _numbered(text: str, choices: Sequence[_Choice]) -> str:
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS and 0 < int(text) <= len(choices)):
        raise UsageError(f"One of the numbers 1 to {len(choices)}.", "answer", "VOCABULARY")
    return choices[int(text) - 1].value
