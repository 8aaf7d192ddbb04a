# SPDX-License-Identifier: Apache-2.0
"""Questions about an identifier and its times: what is allowed, and is more often a slip than meant (regimes §7.1).

An hour off, a year off and a wrong digit have put innocent people under arrest, and all three are well-formed. So the
author is asked before signing; an answer of yes is enough. Only what cannot be right is an error. Nothing here is a rule
of law, and neither the exchange nor a provider asks: number plans and registries change, and two machines may know
different ones. No value stands in a question.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from rogatory.protocol import errors
from rogatory.protocol.check_digits import sums_up
from rogatory.protocol.content import Instant
from rogatory.protocol.errors import Invalid
from rogatory.protocol.header import DAY_MS
from rogatory.protocol.identifier_types import CHECKS
from rogatory.protocol.instants import offset_in_zone, offset_of
from rogatory.protocol.wallets import CHAINS

W_IDENTIFIER_UNUSUAL: Final = "W_IDENTIFIER_UNUSUAL"
W_OBSERVED_OUTSIDE: Final = "W_OBSERVED_OUTSIDE"
W_OFFSET_UNUSUAL: Final = "W_OFFSET_UNUSUAL"
W_TIME_FUTURE: Final = "W_TIME_FUTURE"
W_WINDOW_LONG: Final = "W_WINDOW_LONG"
W_YEAR_FAR: Final = "W_YEAR_FAR"
CODES: Final = frozenset(
    {W_IDENTIFIER_UNUSUAL, W_OBSERVED_OUTSIDE, W_OFFSET_UNUSUAL, W_TIME_FUTURE, W_WINDOW_LONG, W_YEAR_FAR}
)

LONG_WINDOW_DAYS: Final = 90
FAR_DAYS: Final = 366
_PRIVATE: Final = tuple(
    ipaddress.ip_network(text)
    for text in (
        "10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fe80::/10",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Question:
    """Something to ask the author: code, the field, and what exactly looks wrong."""

    code: str
    field: str
    rule: str


@dataclass(frozen=True, slots=True)
class Stated:
    """What an author states of one task; ``at`` is its path, such as ``tasks[0]``."""

    identifier_type: str
    identifier: str
    since: Instant
    until: Instant
    observed: Sequence[Instant] = ()
    at: str = "tasks[0]"


def questions(stated: Stated, now_ms: int, incident: Instant | None = None) -> Iterator[Question]:
    """Yield everything about a task that is worth a second look.

    Args:
        stated: The task.
        now_ms: Now, milliseconds since the epoch.
        incident: When what is investigated happened; its zone is taken as that of the place.

    Raises:
        Invalid: ``X_PROSPECTIVE_DATA``: the window has not begun (``WINDOW_FUTURE``). ``X_TIME_RANGE_INVALID``: something was
            seen in the future (``OBSERVED_FUTURE``). Neither can be right.
    """
    since, until, at = stated.since, stated.until, stated.at
    if since.utc_ms > now_ms:
        raise Invalid(errors.X_PROSPECTIVE_DATA, f"{at}.since", "WINDOW_FUTURE")
    if any(moment.utc_ms > now_ms for moment in stated.observed):
        raise Invalid(errors.X_TIME_RANGE_INVALID, f"{at}.observed", "OBSERVED_FUTURE")
    if until.utc_ms > now_ms:
        yield Question(W_TIME_FUTURE, f"{at}.until", "WINDOW_END_FUTURE")
    if until.utc_ms // DAY_MS - since.utc_ms // DAY_MS >= LONG_WINDOW_DAYS:
        yield Question(W_WINDOW_LONG, f"{at}.until", "WINDOW")
    outside = (moment for moment in stated.observed if not since.utc_ms <= moment.utc_ms <= until.utc_ms)
    if any(True for _ in outside):
        yield Question(W_OBSERVED_OUTSIDE, f"{at}.observed", "OUTSIDE_WINDOW")
    yield from _far(stated, now_ms, incident)
    if incident is not None:
        yield from _offsets(stated, incident)
    for rule in identifier_doubts(stated.identifier_type, stated.identifier):
        yield Question(W_IDENTIFIER_UNUSUAL, f"{at}.identifier", rule)


def _moments(stated: Stated) -> Iterator[tuple[str, Instant]]:
    yield f"{stated.at}.since", stated.since
    yield f"{stated.at}.until", stated.until
    for i, moment in enumerate(stated.observed):
        yield f"{stated.at}.observed[{i}]", moment


def _far(stated: Stated, now_ms: int, incident: Instant | None) -> Iterator[Question]:
    """A wrong year: times far from the incident, or, where none is stated, far from today."""
    middle = now_ms if incident is None else incident.utc_ms
    rule = "FAR_FROM_TODAY" if incident is None else "FAR_FROM_INCIDENT"
    for field, moment in _moments(stated):
        if abs(moment.utc_ms - middle) > FAR_DAYS * DAY_MS:
            yield Question(W_YEAR_FAR, field, rule)


def _offsets(stated: Stated, incident: Instant) -> Iterator[Question]:
    """An hour off: a moment whose offset is not the one that clocks at the place of the incident had then.

    Records are often in UTC, so this is no error; it is the question whether this one is.
    """
    for field, moment in _moments(stated):
        there = offset_in_zone(moment.utc_ms, incident.zone)
        if there is not None and offset_of(moment) != there:
            yield Question(W_OFFSET_UNUSUAL, field, "NOT_LOCAL_OFFSET")


def identifier_doubts(identifier_type: str, text: str) -> Iterator[str]:
    """Yield the rules that say what is unusual about an identifier; nothing of one that is refused anyway."""
    doubt = _DOUBTS.get(identifier_type)
    if doubt is None:
        return
    try:
        CHECKS[identifier_type](text, "identifier")
    except Invalid:
        return
    yield from doubt(text)


def _msisdn(text: str) -> Iterator[str]:
    """The number plan of its country: how long a number may be. Ranges that are reserved count as possible."""
    import phonenumbers  # noqa: PLC0415 - 40 to 90 ms to load, and only who types a number needs it

    try:
        number = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        yield "COUNTRY_CODE_UNASSIGNED"
        return
    if not phonenumbers.is_possible_number(number):
        yield "NUMBER_PLAN_LENGTH"


def _domain(text: str) -> Iterator[str]:
    """Labels that IDNA 2008 does not know: some are registered, most are slips."""
    import idna  # noqa: PLC0415 - its tables are needed only here

    try:
        idna.encode(text, uts46=True)
    except idna.IDNAError:
        yield "IDNA_LABEL"


def _email(text: str) -> Iterator[str]:
    yield from _domain(text.rpartition("@")[2])


def _payment_account(text: str) -> Iterator[str]:
    """The registry of countries: how long an IBAN is there and what it is made of."""
    from stdnum import exceptions, iban  # noqa: PLC0415 - 0.2 s to load

    try:
        iban.validate(text, check_country=False)
    except exceptions.ValidationError:
        yield "IBAN_COUNTRY"


def _mac(text: str) -> Iterator[str]:
    """Locally administered: mostly a random address that a telephone changes."""
    if int(text[:2], 16) & 2:
        yield "MAC_RANDOMISED"


def _ip_port_time(text: str) -> Iterator[str]:
    bracketed = text.startswith("[")
    host = text[1 : text.index("]")] if bracketed else text.rpartition(":")[0]
    yield from _ip_time(host)


def _ip_time(text: str) -> Iterator[str]:
    """Addresses that many networks use inside: whose it is, is known only there."""
    address = ipaddress.ip_address(text)
    if any(address in network for network in _PRIVATE if network.version == address.version):
        yield "ADDRESS_PRIVATE"


def _crypto_wallet(text: str) -> Iterator[str]:
    chain, _, address = text.partition(":")
    if chain not in CHAINS:
        yield "CHAIN_UNKNOWN"
    elif CHAINS[chain].hexadecimal and address[2:] in {address[2:].lower(), address[2:].upper()}:
        yield "WITHOUT_CHECKSUM"


def _vin(text: str) -> Iterator[str]:
    """Vehicles of North America have a check character; elsewhere its place holds anything."""
    if text[0] in "12345" and not sums_up("vin", text):
        yield "VIN_CHECK_DIGIT"


_DOUBTS: Final[Mapping[str, Callable[[str], Iterator[str]]]] = MappingProxyType(
    {
        "crypto_wallet": _crypto_wallet,
        "domain": _domain,
        "email": _email,
        "ip_port_time": _ip_port_time,
        "ip_time": _ip_time,
        "mac": _mac,
        "msisdn": _msisdn,
        "payment_account": _payment_account,
        "vin": _vin,
    }
)
