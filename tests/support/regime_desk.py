# SPDX-License-Identifier: Apache-2.0
"""People of a realm who act under a law of choice, one statement at a time, with a clock that can be moved.

For tests of what the law does to a request; statements are signed, verified and folded, and nothing is around them. The
log, the seals and the wire are not tested here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pytest
from typing_extensions import override

from rogatory.client.pack_library import chosen_packs
from rogatory.protocol.bodies import RequestKind, TaskOutcome
from rogatory.protocol.decision import Setting
from rogatory.protocol.duties import Clock
from rogatory.protocol.errors import CODES, RogatoryError
from rogatory.protocol.header import DAY_MS, Fact, SectionKind, StatementKind, Task
from rogatory.protocol.pack import Pack, load_pack
from rogatory.protocol.state import RequestState
from rogatory.protocol.statements import (
    Body,
    Delivered,
    Issue,
    Preserve,
    Receive,
    Refuse,
    Validate,
)
from rogatory.protocol.terms import due
from tests.support.folding import Folding, granting, reading

_FIELD = re.compile(r"(header|body|particulars)(\.[a-z_]+(\[[0-9]+\])*)*")
HOUR_MS = 3_600_000
Facts = dict[str, Any]
Refusal = tuple[str, str, str]
NAMES = ("name", "postal_address")
SUBSCRIBER = ("account_id", NAMES, "IDENTIFY")
LOGIN = ("ip_port_time", ("login_ip",), "IDENTIFY")
TRAFFIC = ("msisdn", ("call_record",), "EVIDENCE")
CONTENT = ("email", ("mailbox",), "EVIDENCE")
AT_HOME: Facts = {"offence.in_issuing_state": ("YES",), "person.resides_in_issuing_state": ("YES",)}
EMERGENCY: Facts = {"emergency": ("LIFE",), "emergency.reason": ("CHILD_AT_RISK",)}
USUAL: Facts = {
    "controller": ("CONTROLLER",),
    "offence.max_penalty_months": 60,
    "person.role": ("SUSPECT",),
}
Asking = tuple[str, tuple[str, ...], str]


@cache
def law(name: str) -> Pack:
    """A pack that ships."""
    return load_pack(chosen_packs([name])[0])


@dataclass
class Desk(Folding):
    """Everybody at one desk. ``law`` is the pack that all of it is judged by."""

    law: Pack | None = None

    def __post_init__(self) -> None:
        """Keys of a training realm live for ninety days, and some terms of the law are longer."""
        rows = tuple(
            replace(row, valid_until_ms=row.valid_until_ms + 3650 * DAY_MS)
            for row in self.directory.trust_list.keys
        )
        self.realm = replace(self.realm, directory=self.rebuilt(keys=rows))

    @property
    @override
    def pack(self) -> Pack:
        return self.law or self.realm.pack

    @override
    def setting(self, **other: Any) -> Setting:
        return super().setting(**({"pack": self.pack} | other))

    def wait(self, ms: int) -> None:
        self.clock.at_ms += ms

    def ask(
        self,
        *asked: Asking,
        by: str = "investigator",
        kind: RequestKind = RequestKind.DISCLOSURE,
        facts: Facts | None = None,
        authority: str = "judge",
        enforcing: str = "",
        days: tuple[int, int] = (10, 0),
        sections: Sequence[Any] | None = None,
    ) -> RequestState:
        """Issue a request: the usual facts unless others are given, sealed to those that the law names."""
        stated = USUAL if facts is None else facts
        today = self.clock.now_ms() // DAY_MS
        tasks = tuple(
            Task(
                i,
                name,
                self.entropy.token(32),
                tuple(sorted(elements)),
                purpose,
                today - days[0],
                today - days[1],
            )
            for i, (name, elements, purpose) in enumerate(asked or (SUBSCRIBER,), 1)
        )
        people = {"ASKING": by, "AUTHORITY": authority, "ENFORCING": enforcing, "PROVIDER": "provider"}

        def readers(section: str) -> list[str]:
            return [people[audience] for audience in self.pack.readers(section) if people[audience]]

        refs = [self.ref(SectionKind.PARTICULARS, task.number, *readers("PARTICULARS")) for task in tasks]
        refs.append(self.ref(SectionKind.GROUNDS, 0, *readers("GROUNDS")))
        header = self.header(
            by,
            StatementKind.ISSUE,
            None,
            about=b"",
            reply_to=self.realm.address(by),
            pack_digest=self.pack.digest,
            facts=tuple(
                Fact(code, (), value) if isinstance(value, int) else Fact(code, tuple(sorted(value)))
                for code, value in sorted(stated.items())
            ),
            tasks=tasks,
            sections=tuple(
                sections if sections is not None else sorted(refs, key=lambda r: (r.kind, r.task))
            ),
        )
        body = Issue(
            kind,
            self.pack.kinds[kind.name].legal_type,
            self.realm.address(authority) if authority else None,
            enforcing=self.realm.address(enforcing) if enforcing else None,
        )
        return self.decide(None, self.say(by, header, body))

    def refused(self, *asked: Asking, **other: Any) -> Refusal:  # noqa: ANN401 - as ``ask``
        """What the law says to a request that it refuses."""
        return said_no(self.ask, *asked, **other)

    def tell(
        self,
        name: str,
        kind: StatementKind,
        state: RequestState,
        body: Body,
        about: bytes = b"",
        **other: Any,  # noqa: ANN401
    ) -> RequestState:
        """Say something about a request; about the order where nothing else is named."""
        addressee = other.pop("addressee", state.provider if name != "compliance" else state.agency)
        return self.act(
            name,
            kind,
            state,
            about or state.order_digest or state.issue_digest,
            body,
            addressee=addressee,
            **other,
        )

    def validated(self, state: RequestState, body: Validate | None = None, by: str = "judge") -> RequestState:
        return self.tell(by, StatementKind.VALIDATE, state, body or granting(state), state.issue_digest)

    def delivered_to(self, state: RequestState) -> RequestState:
        return self.tell(
            "provider-service", StatementKind.DELIVERED, state, Delivered(), addressee=state.agency
        )

    def kept(self, state: RequestState) -> RequestState:
        """Delivered, read and preserved, each at once."""
        if "DELIVERED_TO_SERVICE" not in state.flags:
            state = self.delivered_to(state)
        state = self.tell("compliance", StatementKind.RECEIVE, state, reading(state))
        outcomes = tuple(TaskOutcome(number, "PRESERVED") for number in state.open_tasks)
        name = "produce" if state.kind is RequestKind.DISCLOSURE else "preserve"
        term = state.obligation(name)
        assert term is not None
        return self.tell("compliance", StatementKind.PRESERVE, state, Preserve(outcomes, term.due_ms))

    def disclosed(self, state: RequestState, **outcomes: str) -> RequestState:
        return self.tell(
            "compliance",
            StatementKind.DISCLOSE,
            state,
            self.manifest(state, **(outcomes or {"task1": "DELIVERED"})),
        )

    def enforcing_says_no(self, state: RequestState, code: str, *tasks: int) -> RequestState:
        return self.tell("enforcer", StatementKind.REFUSE, state, Refuse(code, tasks), addressee=state.agency)

    def strike(self, state: RequestState) -> RequestState:
        """The exchange's clock tells what has fallen due; nothing where nothing has."""
        for item in due(state, self.clock.now_ms()):
            body = Clock(item.name, item.trigger, item.rule, item.due_ms)
            state = self.act("clock", StatementKind.CLOCK, state, b"", body, addressee=state.agency)
        return state


def said_no(act: Any, *given: Any, **other: Any) -> Refusal:  # noqa: ANN401 - any call that must be refused
    """The code, the field and the rule with which something is refused; each in its form, whatever the caller looks at."""
    with pytest.raises(RogatoryError) as caught:
        act(*given, **other)
    assert caught.value.code in CODES
    assert _FIELD.fullmatch(caught.value.field), caught.value.field
    return caught.value.code, caught.value.field, caught.value.rule.partition("/2/")[2] or caught.value.rule


__all__ = [
    "AT_HOME", "CONTENT", "EMERGENCY", "HOUR_MS", "LOGIN", "SUBSCRIBER", "TRAFFIC", "USUAL", "Desk", "Receive", "law",
    "said_no",
]  # fmt: skip
