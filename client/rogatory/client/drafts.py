# SPDX-License-Identifier: Apache-2.0
"""A request in plain words, before it has a signed form: values, JSON and files of the profile's drafts folder.

A draft is the investigator's own paper; it is never sent. ``rogatory.client.drafting`` turns it into exact bytes and
says what is wrong with it. The request id is fixed when the draft is made, since identifiers are committed to under it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from rogatory.client.private_files import MAX_SMALL, parse_json, private_dir, read_kept, write_private
from rogatory.client.profile import Profile
from rogatory.protocol import errors
from rogatory.protocol.errors import Invalid, Refused
from rogatory.protocol.ids import Clock, Entropy, uuid7
from rogatory.protocol.plain import from_plain, to_plain


@dataclass(frozen=True, slots=True)
class DraftInstant:
    """A moment as written, with its zone or offset stated in the text or beside it."""

    text: str
    zone: str = ""


@dataclass(frozen=True, slots=True)
class DraftExhibit:
    """The file on this machine that the identifier was taken from, its SHA-256 in hex, and the place in it."""

    path: str
    sha256: str
    locator: str


@dataclass(frozen=True, slots=True)
class DraftTask:
    """One identifier, what is asked about it, and the window; both ends belong to it. ``exhibit`` where it was not typed."""

    identifier_type: str
    identifier: str = field(repr=False)
    elements: tuple[str, ...]
    since: DraftInstant
    until: DraftInstant
    purpose: str = "EVIDENCE"
    service: str = ""
    observed: tuple[DraftInstant, ...] = ()
    words: str = field(default="", repr=False)
    exhibit: DraftExhibit | None = None


@dataclass(frozen=True, slots=True)
class DraftFact:
    """A coded fact: values from the pack's list, or a number."""

    values: tuple[str, ...] = ()
    number: int = 0


@dataclass(frozen=True, slots=True)
class DraftGrounds:
    """Why, for the authority only."""

    case_number: str = ""
    offence: str = ""
    necessity: str = ""
    proportionality: str = ""
    case_summary: str = ""
    emergency_reasons: str = ""


@dataclass(frozen=True, slots=True)
class DraftRequest:
    """A request as its author writes it.

    Attributes:
        kind: ``PRESERVATION`` or ``DISCLOSURE``.
        pack_id: The regime; its newest version in force is used.
        provider: Who holds the data: ``org:unit`` in hex, one of the two where it names one unit, or a name of the book.
        authority: Who is asked to validate, in the same ways; empty where the author may sign alone.
        tasks: One for each identifier, numbered from 1 in this order.
        facts: Coded facts by code.
        grounds: Why.
        enforcing: Authority of the provider's State, where the law wants it to be told; in the same ways.
        reply_to: Unit that answers are sealed to; empty for the author's own.
        preservation: Request id (hex) of an earlier preservation that this production follows.
        request_id: Hex, given by ``new_draft``.
        incident: When what is investigated happened, with the zone of the place; stays in the draft, and slips of the year
            or the hour are noticed against it.
        together: Request id (hex) of the first of the requests that were drafted together in an emergency; stays in the draft,
            so that nobody else learns from it that they belong together.
    """

    kind: str
    pack_id: str
    provider: str
    authority: str
    tasks: tuple[DraftTask, ...]
    facts: Mapping[str, DraftFact] = field(default_factory=dict)
    grounds: DraftGrounds = field(default_factory=DraftGrounds, repr=False)
    enforcing: str = ""
    reply_to: str = ""
    preservation: str = ""
    request_id: str = ""
    incident: DraftInstant | None = None
    together: str = ""


def draft_from_json(data: Any) -> DraftRequest:  # noqa: ANN401 - parsed JSON may be anything
    """Return the draft that plain data states.

    Raises:
        Invalid: An unknown key, a missing one, or a wrong type; the field is named.
    """
    return from_plain(DraftRequest, data, "draft")


def draft_to_json(draft: DraftRequest) -> dict[str, Any]:
    """Return a draft as plain data; the inverse of ``draft_from_json``."""
    plain: dict[str, Any] = to_plain(draft)
    return plain


def new_draft(draft: DraftRequest, clock: Clock, entropy: Entropy) -> DraftRequest:
    """Return the draft with a request id, unless it has one."""
    return draft if draft.request_id else replace(draft, request_id=uuid7(clock, entropy).hex())


def save_draft(profile: Profile, draft: DraftRequest) -> str:
    """Write a draft into the profile and return its request id.

    Raises:
        Invalid: The draft has no request id yet.
    """
    if not draft.request_id:
        raise Invalid(errors.X_FIELD_MISSING, "draft.request_id", "PRESENT")
    text = json.dumps(draft_to_json(draft), ensure_ascii=False, indent=2)
    folder = private_dir(profile.folder("drafts"))
    write_private(folder / f"{_name(draft.request_id)}.json", text.encode() + b"\n")
    return draft.request_id


def load_draft(profile: Profile, prefix: str) -> DraftRequest:
    """Return the draft whose request id begins with ``prefix``.

    Raises:
        Refused: ``X_NOT_FOUND`` when there is none, or more than one.
        Invalid: The file is no draft.
    """
    found = [name for name in list_drafts(profile) if name.startswith(_name(prefix))]
    if len(found) != 1:
        raise Refused(errors.X_NOT_FOUND, "draft", "ONE_MATCH")
    data = read_kept(profile.folder("drafts") / f"{found[0]}.json", "draft", MAX_SMALL)
    return draft_from_json(parse_json(data, "draft"))


def list_drafts(profile: Profile) -> tuple[str, ...]:
    """Return the request ids of all drafts, oldest first."""
    return tuple(sorted(path.stem for path in profile.folder("drafts").glob("*.json")))


def drafted_together(profile: Profile, first: str) -> tuple[DraftRequest, ...]:
    """Return the drafts that were made together, in the order in which they go.

    What freezes goes first, then what goes out now, then what an authority must validate before.
    """
    drafts = (load_draft(profile, name) for name in list_drafts(profile))
    found = [draft for draft in drafts if first and draft.together == first]

    def order(draft: DraftRequest) -> tuple[bool, bool]:
        return draft.kind != "PRESERVATION", bool(draft.authority) and "validation" not in draft.facts

    return tuple(sorted(found, key=order))


def delete_draft(profile: Profile, request_id: str) -> None:
    """Remove a draft, if it is there."""
    (profile.folder("drafts") / f"{_name(request_id)}.json").unlink(missing_ok=True)


def _name(text: str) -> str:
    """Return an id or a part of one as a file name: lower-case hex and nothing else."""
    lowered = text.lower()
    if not lowered or set(lowered) - set("0123456789abcdef"):
        raise Invalid(errors.X_FIELD_INVALID, "draft.request_id", "HEX")
    return lowered
