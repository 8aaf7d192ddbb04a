# SPDX-License-Identifier: Apache-2.0
"""A statement as a tree, built from the exact bytes that are signed.

Every field of the header and of the body has its row, an empty one too where its absence says something; a test alters
each field in turn and demands that the picture changes. The bytes are parsed strictly, so a picture exists only of
bytes that mean one thing. What travels sealed is not here (`content`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from enum import IntEnum
from hashlib import sha256

from rogatory.client.cli.catalogue import meaning
from rogatory.client.cli.render.names import Names
from rogatory.client.cli.render.tree import (
    Row,
    Section,
    bytes_row,
    day,
    day_row,
    list_row,
    text_row,
    time_row,
)
from rogatory.protocol import codec
from rogatory.protocol.header import Address, Fact, Header, SectionRef, Task
from rogatory.protocol.statements import MAX_ENVELOPE, Body, GrantedTask, KeyWrap, Statement, TaskOutcome

TITLES = {
    "ISSUE": "Request",
    "VALIDATE": "Decision of the authority",
    "DELIVERED": "Delivered to the service",
    "RECEIVE": "Received by a person",
    "PRESERVE": "Preserved",
    "REFUSE": "Refused",
    "DISCLOSE": "Disclosure",
    "ACKNOWLEDGE": "Acknowledged",
    "REPORT_EXCESS": "More came than was asked for",
    "WITHDRAW": "Withdrawn",
    "SECOND": "Approval of a colleague's statement",
    "CONFIRM_ORIGIN_CHALLENGE": "Did this really come from you?",
    "CONFIRM_ORIGIN": "Where it came from",
    "RELEASE": "Let go",
    "CLARIFY_REQUEST": "Question",
    "CLARIFY": "Answer to a question",
    "RESCIND": "Validation taken back",
    "ANNUL": "Quashed by a court",
    "PAGE_ACK": "Page seen",
    "PROPOSE_NARROWING": "Proposal of a smaller scope",
    "AMEND": "Another scope",
    "OBJECT": "Objection",
    "MAINTAIN": "The request is kept as it is",
    "NEW_DEADLINE": "Later end of the term",
    "NOTIFY": "Notification of the enforcing authority",
    "NO_GROUNDS": "No ground for refusal",
    "REWRAP": "One more reader",
    "ERROR": "Error",
    "ATTEST_DELETION": "Deleted or restricted",
    "EXTEND": "Extension",
    "HOLD": "Held for a production",
    "END": "No longer needed",
    "DEFER_NOTICE": "The person is not told yet",
    "NOTIFY_SUBJECT": "The person was told",
    "EXTEND_SEAL": "Sealed for longer",
    "CLAIM_COST": "Claim",
    "SETTLE_COST": "Answer to a claim",
    "TRANSMIT_OUTSIDE": "Went another way",
    "ERASE": "Erasure",
    "CLOCK": "Fallen due",
    "REJECT": "Not accepted by the exchange",
    "STATUS": "Word of the exchange",
}


def statement_tree(payload: bytes, names: Names) -> Section:
    """Return the picture of a statement.

    Args:
        payload: The exact bytes that are or will be signed.
        names: The reader's own names.

    Raises:
        Invalid: The bytes are not the one encoding of a statement.
    """
    statement = codec.decode(Statement, payload, limit=MAX_ENVELOPE, at="statement")
    header = statement.header
    title = TITLES.get(header.kind.name, header.kind.name)
    return Section(
        f"{title}: {header.kind.name}",
        (
            *_who(header, names),
            *body_rows(statement.body, names),
            *(_fact(fact) for fact in header.facts),
            *(task_section(task) for task in header.tasks),
            *(_sealed(ref, names) for ref in header.sections),
            Section("Bound to", tuple(_bound(header))),
        ),
    )


def _who(header: Header, names: Names) -> Iterator[Row]:
    issuer = header.issuer
    yield bytes_row("request", header.request_id)
    yield bytes_row("signed by", issuer.subject, names.remark(issuer.subject))
    yield text_row("in the role of", issuer.role, strict=True)
    yield bytes_row("of organisation", issuer.org, names.remark(issuer.org))
    yield bytes_row("of unit", issuer.unit, names.remark(issuer.unit))
    yield from _address("to", header.addressee, names)
    if header.reply_to is not None:
        yield from _address("answers to", header.reply_to, names)
    yield time_row("issued", header.issued_at_ms)
    yield time_row("valid until", header.expires_at_ms)


def _bound(header: Header) -> Iterator[Row]:
    seen = header.seen
    yield bytes_row("realm", header.realm)
    yield bytes_row("statement", header.statement_id)
    yield bytes_row("answers envelope", header.about)
    yield bytes_row("regime pack", header.pack_digest)
    yield bytes_row("signing key", header.issuer.key_id)
    yield text_row("log seen", f"size {seen.log_size}, root {seen.log_root.hex() or 'none'}")
    yield text_row("directory seen", f"log index {seen.directory_index}")
    yield text_row("request seen", f"position {seen.request_position}")
    if seen.request_digest:
        yield bytes_row("request seen, beyond the log", seen.request_digest)
    yield bytes_row("own feed seen", seen.feed_digest)


def _address(label: str, address: Address, names: Names) -> Iterator[Row]:
    yield bytes_row(f"{label}, organisation", address.org, names.remark(address.org))
    yield bytes_row(f"{label}, unit", address.unit, names.remark(address.unit))


def _fact(fact: Fact) -> Row:
    values: list[object] = list(fact.values)
    words = "; ".join(filter(None, (meaning(value, fact.code) for value in fact.values)))
    return list_row(f"fact {fact.code}", [*values, fact.number] if fact.number else values, words)


def task_section(task: Task) -> Section:
    """Return a task of the header: what is asked for, without the identifier, which travels sealed."""
    return Section(
        f"Task {task.number}",
        (
            text_row("identifier type", task.identifier_type, strict=True),
            list_row("data elements", task.elements),
            text_row("purpose", task.purpose, strict=True),
            day_row("window", task.first_day, task.last_day),
            bytes_row("identifier commitment", task.identifier_commitment),
        ),
    )


def _sealed(ref: SectionRef, names: Names) -> Section:
    rows = [
        list_row(f"reader {i + 1}", [key.hex()], names.remark(key)) for i, key in enumerate(ref.recipients)
    ]
    return Section(
        f"Sealed {ref.kind.name.lower()}" + (f" of task {ref.task}" if ref.task else ""),
        (
            *rows,
            text_row("length", f"{ref.object_length} bytes"),
            bytes_row("digest", ref.object_digest),
            bytes_row("key commitment", ref.key_commitment),
            bytes_row("plaintext commitment", ref.plaintext_commitment),
        ),
    )


def body_rows(body: Body, names: Names) -> Iterator[Row | Section]:
    """Yield a row or a section for every field of a body, by name: no kind can have a field that is not shown."""
    for field in dataclasses.fields(body):
        yield from _value(_label(field.name), getattr(body, field.name), names)


def _value(label: str, value: object, names: Names) -> Iterator[Row | Section]:
    if value is None:
        yield text_row(label, "none")
    elif isinstance(value, IntEnum):
        yield text_row(label, value.name, strict=True)
    elif isinstance(value, bool):
        yield text_row(label, "yes" if value else "no")
    elif isinstance(value, int):
        yield _number(label, value)
    elif isinstance(value, str):
        yield text_row(label, value or "none", strict=True)
    elif isinstance(value, bytes):
        yield bytes_row(label, value, names.remark(value))
    elif isinstance(value, Address):
        yield from _address(label, value, names)
    elif isinstance(value, GrantedTask):
        yield Section(
            f"Granted: task {value.number}",
            (list_row("data elements", value.elements), day_row("window", value.first_day, value.last_day)),
        )
    elif isinstance(value, TaskOutcome):
        yield text_row(f"outcome of task {value.number}", value.outcome, strict=True)
    elif isinstance(value, KeyWrap):
        yield bytes_row("sealed to", value.key_id, names.remark(value.key_id))
        # A kilobyte of random digits would hide everything else; its digest changes with every bit of it.
        yield text_row("wrapped key", f"{len(value.wrap)} bytes, SHA-256 {sha256(value.wrap).hexdigest()}")
    elif isinstance(value, tuple):
        yield from _tuple(label, value, names)
    else:
        yield text_row(label, str(value), strict=True)


def _number(label: str, value: int) -> Row:
    if label.endswith(" ms"):
        return time_row(label.removesuffix(" ms"), value)
    if label.endswith(" day"):
        return text_row(label, day(value))
    if label == "amount":
        return text_row(label, f"{value // 100}.{value % 100:02d}")
    return text_row(label, str(value))


def _tuple(label: str, values: tuple[object, ...], names: Names) -> Iterator[Row | Section]:
    if not values:
        yield text_row(label, "none")
    elif all(isinstance(item, bytes) for item in values):
        yield list_row(label, (item.hex() for item in values if isinstance(item, bytes)))
    elif all(isinstance(item, (str, int)) for item in values):
        yield list_row(label, values)
    else:
        for item in values:
            yield from _value(label, item, names)


def _label(name: str) -> str:
    return name.replace("_", " ")
