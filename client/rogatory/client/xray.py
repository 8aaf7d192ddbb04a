# SPDX-License-Identifier: Apache-2.0
"""Who will see what of a request, value by value, before it is signed (architecture §§1.3, 6, 8).

Computed and never kept by hand: values come from the exact bytes that a signature would cover, from the sealed sections in
clear and from the entry that the exchange will have to make of them; readers from the recipients of each section, from the
state's own ``parties`` and ``readable_by``, and from the table of views. What an operator learns from connections (addresses,
hours, lengths on the wire) is not in it; that stands in the threat model.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Final

from rogatory.client.composing import Prepared
from rogatory.client.drafting import dry_run
from rogatory.client.session import Session
from rogatory.client.slots import slot_name, slot_text
from rogatory.protocol import codec
from rogatory.protocol.bodies import GrantedTask, Issue
from rogatory.protocol.entry import entry_fields
from rogatory.protocol.entry_schema import ENVELOPE, TIME, VIEWS
from rogatory.protocol.envelope import Verified
from rogatory.protocol.header import Address, SectionKind, SectionRef
from rogatory.protocol.state import RequestState
from rogatory.protocol.statements import MAX_ENVELOPE, Statement

# Of these slots nobody knows the value before it is in the log.
UNKNOWN_YET: Final = frozenset({TIME, ENVELOPE})


class Reader(StrEnum):
    """Whoever might see a value."""

    ASKING = "ASKING"
    EXCHANGE = "EXCHANGE"
    AUTHORITY = "AUTHORITY"
    PROVIDER = "PROVIDER"
    ENFORCING = "ENFORCING"
    OVERSIGHT = "OVERSIGHT"
    PUBLIC = "PUBLIC"


class When(StrEnum):
    """From when on a reader sees a value."""

    AT_ONCE = "AT_ONCE"
    TRANSMITTED = "TRANSMITTED"
    DUE = "DUE"
    NEVER = "NEVER"


class Part(StrEnum):
    """Where a value stands: in the signed statement, in a sealed section, in the log's entry."""

    STATEMENT = "STATEMENT"
    PARTICULARS = "PARTICULARS"
    GROUNDS = "GROUNDS"
    ENTRY = "ENTRY"


@dataclass(frozen=True, slots=True)
class Sight:
    """One value and its readers.

    Attributes:
        part: Where it stands.
        task: Number of the task whose particulars it is in; 0 elsewhere.
        path: Place in the statement or section, or name of the slot.
        text: The value in text; empty where it is not known before the exchange has logged it.
        when: From when on each reader sees it; readers that the request does not name are left out.
    """

    part: Part
    task: int
    path: str
    text: str = dataclasses.field(repr=False)
    when: Mapping[Reader, When]


def xray(session: Session, prepared: Prepared) -> tuple[Sight, ...]:
    """Return every value of a prepared ``issue`` with who will see it, in the order of the bytes.

    Raises:
        RogatoryError: The rules refuse the request, so that nobody will see it.
    """
    statement = codec.decode(Statement, prepared.payload, limit=MAX_ENVELOPE, at="statement")
    pack = session.packs[statement.header.pack_digest]
    before = prepared.view.state if prepared.view is not None else None
    after = dry_run(session, prepared, pack)
    people = _people(statement, after)
    open_to_all = _envelope(people, after)
    found = [Sight(Part.STATEMENT, 0, path, text, open_to_all) for path, text in leaves(statement)]
    for ref in statement.header.sections:
        readers = _section(people, after, ref)
        found += [
            Sight(Part[ref.kind.name], ref.task, path, text, readers)
            for path, text in leaves(_content(prepared, ref))
        ]
    verified = Verified(b"", statement, bytes(32), bytes(32), session.row)
    leaf = prepared.view.leaf if prepared.view is not None else b""
    fields = entry_fields(verified, before, after, pack, session.clock.now_ms(), leaf)
    for slot, value in enumerate(fields):
        due = When.DUE if slot in VIEWS["public, once due"] else When.NEVER
        text = "" if slot in UNKNOWN_YET else slot_text(slot, value) or "none"
        when = MappingProxyType({**open_to_all, Reader.PUBLIC: due})
        found.append(Sight(Part.ENTRY, 0, f"{slot} {slot_name(slot)}", text, when))
    return tuple(found)


def leaves(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield each value of a message with its place; what is empty says nothing and is left out."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        for item in dataclasses.fields(value):
            at = f"{path}.{item.name}" if path else item.name
            yield from leaves(getattr(value, item.name), at)
    elif isinstance(value, tuple):
        for i, each in enumerate(value):
            yield from leaves(each, f"{path}[{i}]")
    elif isinstance(value, IntEnum):
        yield path, value.name
    elif isinstance(value, bool):
        yield path, "yes" if value else "no"
    elif isinstance(value, bytes):
        if value:
            yield path, value.decode("utf-8", "backslashreplace") if path == "identifier" else value.hex()
    elif value is not None and value != "":
        yield path, str(value)


def _people(statement: Statement, state: RequestState) -> Mapping[Reader, Address]:
    body = statement.body
    named = {
        Reader.ASKING: state.agency,
        Reader.AUTHORITY: body.authority if isinstance(body, Issue) else None,
        Reader.PROVIDER: state.provider,
        Reader.ENFORCING: body.enforcing if isinstance(body, Issue) else None,
    }
    return {reader: unit for reader, unit in named.items() if unit is not None}


def _envelope(people: Mapping[Reader, Address], state: RequestState) -> Mapping[Reader, When]:
    """Who is handed the signed bytes and the openings: whom the state counts as a party, now or once it is transmitted."""
    later = _granted(state)
    when = {
        reader: _first(unit.org in state.parties, unit.org in later.parties)
        for reader, unit in people.items()
    }
    fixed = {Reader.EXCHANGE: When.AT_ONCE, Reader.OVERSIGHT: When.AT_ONCE, Reader.PUBLIC: When.NEVER}
    return _ordered({**when, **fixed})


def _section(people: Mapping[Reader, Address], state: RequestState, ref: SectionRef) -> Mapping[Reader, When]:
    """Who can open a section: whom it is sealed to, once the exchange hands it out."""
    later = _granted(state)
    when = {
        reader: _first(ref in state.readable_by(unit.org), ref in later.readable_by(unit.org))
        for reader, unit in people.items()
    }
    nobody = dict.fromkeys((Reader.EXCHANGE, Reader.OVERSIGHT, Reader.PUBLIC), When.NEVER)
    return _ordered({**when, **nobody})


def _first(now: bool, later: bool) -> When:  # noqa: FBT001 - two moments of one question
    if now:
        return When.AT_ONCE
    return When.TRANSMITTED if later else When.NEVER


def _granted(state: RequestState) -> RequestState:
    """The state as a grant of the whole would leave it; unchanged where it is transmitted already."""
    if state.transmitted:
        return state
    tasks = tuple(
        replace(
            item,
            granted=GrantedTask(
                item.task.number, item.task.elements, item.task.first_day, item.task.last_day
            ),
        )
        for item in state.tasks
    )
    return replace(state, order_digest=bytes(32), tasks=tasks)


def _content(prepared: Prepared, ref: SectionRef) -> object:
    opened = prepared.opened
    if opened is None:
        return None
    return opened.grounds if ref.kind is SectionKind.GROUNDS else opened.particulars.get(ref.task)


def _ordered(when: Mapping[Reader, When]) -> Mapping[Reader, When]:
    return MappingProxyType({reader: when[reader] for reader in Reader if reader in when})
