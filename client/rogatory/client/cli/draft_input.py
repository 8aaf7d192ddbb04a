# SPDX-License-Identifier: Apache-2.0
"""A draft from the command line or from JSON.

Options make a request with one task; anything more comes as JSON, in the form that `--json` of `request new` and
`request preview` writes. Only shape is looked at here; whether a request may be made is for `request lint`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TextIO

from rogatory.client.cli.session import UsageError, read_file, text_of
from rogatory.client.drafts import DraftFact, DraftInstant, DraftRequest, draft_from_json
from rogatory.client.private_files import MAX_SMALL, parse_json
from rogatory.protocol.errors import Invalid

MAX_DIGITS: Final = 18  # 64 bits hold every number of so many


def load_json(source: str, stdin: TextIO, option: str) -> Any:  # noqa: ANN401 - JSON may be anything
    """Read JSON from a file, or from standard input where the source is ``-``.

    Raises:
        UsageError: It cannot be read, or is not JSON with one reading.
    """
    try:
        return parse_json(_bytes(source, stdin, option), option)
    except Invalid as error:
        what = "has a name twice in one object" if error.rule == "JSON.TWICE" else "is not JSON"
        raise UsageError(f"What was given as JSON {what}.", option, error.rule) from error


def _bytes(source: str, stdin: TextIO, option: str) -> bytes:
    """Return what a file or standard input holds, up to the same cap."""
    if source != "-":
        return read_file(Path(source), option)
    try:
        data = stdin.read(MAX_SMALL + 1).encode()
    except ValueError:  # no UTF-8; what reads it says so, as of a file
        return b"\xff"
    if len(data) > MAX_SMALL:
        raise UsageError(
            "What came on standard input is larger than 1 MiB, which no such input needs.", option, "SIZE_CAP"
        )
    return data


def draft_of(data: Any) -> DraftRequest:  # noqa: ANN401 - JSON may be anything
    """Return the draft in a JSON value: bare, or inside what another command wrote.

    Raises:
        UsageError: It is no draft; the field is named.
    """
    if isinstance(data, Mapping) and isinstance(data.get("result"), Mapping):
        data = data["result"]
    if isinstance(data, Mapping) and "draft" in data:
        data = data["draft"]
    try:
        return draft_from_json(data)
    except Invalid as error:
        where = f" at {error.field}" if error.field else ""
        raise UsageError(f"This is not a draft{where} ({error.rule}).", error.field, error.rule) from error


def facts_of(texts: Sequence[str]) -> dict[str, DraftFact]:
    """Return facts from ``CODE=VALUE``, ``CODE=VALUE,VALUE`` or ``CODE=NUMBER``.

    Raises:
        UsageError: Not of this form, or a code twice.
    """
    facts: dict[str, DraftFact] = {}
    for text in texts:
        code, equals, value = text.partition("=")
        if not equals or not code or not value or code in facts:
            raise UsageError(
                "A fact is CODE=VALUE, CODE=VALUE,VALUE or CODE=NUMBER, each code once.", "--fact", "FORM"
            )
        if value.isascii() and value.isdigit():
            facts[code] = DraftFact(number=number_of(value, "--fact"))
        else:
            facts[code] = DraftFact(values=tuple(sorted(set(value.split(",")))))
    return facts


def number_of(text: str, option: str) -> int:
    """Return the number that digits of the command line write.

    Raises:
        UsageError: It is no number, or one that no field of the protocol can hold.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS):
        raise UsageError(f"A number is written in digits, at most {MAX_DIGITS} of them.", option, "NUMBER")
    return int(text)


def instant_of(text: str, zone: str, option: str) -> DraftInstant:
    """Return a moment as it was written.

    Raises:
        UsageError: Nothing was written.
    """
    if not text:
        raise UsageError(
            f"{option} is missing: a moment such as 2026-11-02T08:15:00+01:00.", option, "PRESENT"
        )
    return DraftInstant(text, zone)


def identifier_of(value: str, source: str, stdin: TextIO) -> str:
    """Return the identifier, from its option or from a file, which keeps it out of the shell's history.

    Raises:
        UsageError: Neither or both were given, or it is no text.
    """
    if bool(value) == bool(source):
        raise UsageError(
            "Give the identifier with --identifier or, better, with --identifier-file.",
            "--identifier",
            "ONE_OF",
        )
    if value:
        return value
    found = text_of(_bytes(source, stdin, "--identifier-file"), "--identifier-file")
    if not found:
        raise UsageError("The identifier is empty.", "--identifier-file", "PRESENT")
    return found
