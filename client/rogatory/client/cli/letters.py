# SPDX-License-Identifier: Apache-2.0
"""The letter of an order: made from the bundle that it carries and from nothing else, so that it can be made again and compared.

Sentences are the program's own; names of people and organisations are not in the directory and so not in a letter, but their ids and
call-back numbers are. Whether somebody who shows a letter is who they say is for the call.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from rogatory.client.bundle_check import Verdict
from rogatory.client.cli.render.content import particulars_tree
from rogatory.client.cli.render.page import page
from rogatory.client.cli.render.tree import Row, Section, bytes_row, day_row, list_row, text_row, time_row
from rogatory.client.outside import MAX_LETTER, Letter, embedded, extracted, verify_order
from rogatory.client.private_files import read_kept
from rogatory.client.verdict import Reason, Word, reason_of
from rogatory.protocol import errors
from rogatory.protocol.errors import RogatoryError
from rogatory.protocol.header import Address
from rogatory.protocol.statements import GrantedTask

_KINDS: Final = {"DISCLOSURE": "Order to disclose data", "PRESERVATION": "Order to preserve data"}
_WHAT_TO_DO: Final = (
    "Before you act: call the authority back at a number that you know, or at the number below, and compare the code at the top.",
    "To check this page yourself, take the file that it was printed from and run:  rogatory verify FILE --letter --root FINGERPRINT",
    "The fingerprint of the realm is published by its scheme's office; take it from there and not from this page.",
    "Answer only what is granted below. Data outside it are set aside unread.",
)
_INTRO: Final = '<p class="file">The signed order, for the check by machine:</p>\n'


def letter_page(letter: Letter, bundle: bytes) -> bytes:
    """Return the page: what the order says, and the order itself."""
    tree = Section(
        _KINDS.get(letter.state.kind.name, letter.state.kind.name),
        (
            *_head(letter),
            Section(
                "What to do", tuple(text_row(str(i), words) for i, words in enumerate(_WHAT_TO_DO, start=1))
            ),
            Section("Who is called back", tuple(_numbers(letter))),
            *(_task(letter, granted) for granted in letter.state.granted),
            Section("What was signed, in the log", tuple(_signed(letter))),
        ),
    )
    code = html.unescape(letter.code)
    return page(tree, code=code, trailer=_INTRO + embedded(bundle))


def _head(letter: Letter) -> Iterator[Row]:
    state, pack = letter.state, letter.pack
    yield text_row("law", f"{pack.title or pack.pack_id}, version {pack.pack_version}", state.legal_type)
    yield text_row("marking", letter.scheme.root.marking)
    yield bytes_row("request", state.request_id)
    yield bytes_row("realm", letter.scheme.realm)
    if state.emergency:
        yield text_row("emergency", "yes")
    yield list_row("data categories", state.categories)


def _numbers(letter: Letter) -> Iterator[Row]:
    state = letter.state
    units: list[tuple[str, Address | None]] = [("asking", state.agency), ("authority", state.authority)]
    for label, unit in units:
        if unit is not None:
            row = letter.scheme.directory.unit(unit)
            yield text_row(f"{label}, number", row.call_back or "none in the directory")
            yield bytes_row(f"{label}, organisation", unit.org)


def _task(letter: Letter, granted: GrantedTask) -> Section:
    found = next(item for item in letter.particulars if item.task == granted.number)
    opened = particulars_tree(found)
    rows = (
        list_row("granted data elements", granted.elements),
        day_row("granted window", granted.first_day, granted.last_day),
    )
    return Section(f"Task {granted.number}", (*rows, *opened.items))


def _signed(letter: Letter) -> Iterator[Row]:
    for item in letter.statements:
        header = item.verified.header
        yield time_row(
            f"entry {item.index}", item.receipt.time_ms, f"{header.kind.name} by {header.issuer.role}"
        )
    yield bytes_row("order", letter.state.order_digest)


def check_letter(path: Path, fingerprint: bytes | None) -> Verdict:
    """Check a letter: the order in it like a bundle, and the page against the one that the order gives."""
    try:
        data = read_kept(path, "letter", MAX_LETTER)
        bundle = extracted(data)
        verdict, letter = verify_order(bundle, fingerprint)
        if letter is not None and letter_page(letter, bundle) != data:
            reason = Reason(errors.X_ENCODING, "letter", "LETTER.PAGE")
            return Verdict(Word.FAILED, verdict.realm, verdict.request_id, None, verdict.checks, (reason,))
    except RogatoryError as error:
        return Verdict(Word.FAILED, reasons=(reason_of(error, "letter"),))
    return verdict
