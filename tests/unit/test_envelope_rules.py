# SPDX-License-Identifier: Apache-2.0
"""What an envelope must satisfy to be believed: row, realm, role and time, each refused by its own code.

Pure. Encodings and mutated bytes are the attack tests' matter, and what a statement does to a request is the fold's.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from rogatory.audit.framing import th, u8
from rogatory.protocol import codec, tags
from rogatory.protocol.directory import Directory, RowStatus
from rogatory.protocol.envelope import (
    CLOCK_SKEW_MS,
    MAX_LIFETIME_MS,
    Envelope,
    envelope_digest,
    pae,
    parse_envelope,
    raw_digest,
    sign_statement,
    verify_envelope,
)
from rogatory.protocol.errors import Invalid, NotVerified, Refused, RogatoryError
from rogatory.protocol.header import Header, StatementKind
from rogatory.protocol.statements import MAX_ENVELOPE, Statement, payload_type
from tests.support.folding import Folding

NOW = 1_795_500_000_000
ISSUE = payload_type(StatementKind.ISSUE)


@pytest.fixture
def desk() -> Folding:
    return Folding()


def said(desk: Folding, name: str = "investigator", **other: object) -> bytes:
    header, body = desk.asking(name, **other)  # type: ignore[arg-type]
    return desk.sign(name, header, body)


def refusal(data: bytes, directory: Directory, at_ms: int = NOW) -> tuple[type[RogatoryError], str, str, str]:
    with pytest.raises(RogatoryError) as caught:
        verify_envelope(data, directory, at_ms)
    error = caught.value
    return type(error), error.code, error.field, error.rule


def test_the_signed_bytes_are_those_of_dsse() -> None:
    assert pae("a/b", b"xyz") == b"DSSEv1 3 a/b 3 xyz"
    assert pae("ä", b"") == "DSSEv1 2 ä 0 ".encode()


def test_a_verified_statement_says_what_was_signed_by_which_row(desk: Folding) -> None:
    header, body = desk.asking()
    data = desk.sign("investigator", header, body)
    verified = verify_envelope(data, desk.directory, NOW)
    envelope, row = parse_envelope(data), desk.realm.row("investigator")
    message = pae(ISSUE, codec.encode(Statement(header, body)))
    assert (verified.data, verified.statement, verified.row) == (data, Statement(header, body), row)
    assert verified.header == header
    assert verified.statement_digest == th(tags.STATEMENT, message)
    assert verified.digest == th(tags.ENVELOPE, message, u8(row.alg), row.key_id, envelope.sig)
    assert verified.digest == envelope_digest(envelope, row.alg)
    assert envelope == Envelope(codec.encode(Statement(header, body)), ISSUE, row.key_id, envelope.sig)
    assert raw_digest(data) == th(tags.RAW, data) != hashlib.sha256(data).digest()


def test_nobody_signs_with_a_key_that_the_header_does_not_name(desk: Folding) -> None:
    header, body = desk.asking()
    with pytest.raises(Invalid) as caught:
        sign_statement(Statement(header, body), desk.realm.signer("judge"))
    assert (caught.value.code, caught.value.field, caught.value.rule) == (
        "X_FIELD_INVALID",
        "header.issuer.key_id",
        "SIGNER",
    )


def test_a_statement_that_breaks_its_own_rules_is_never_signed_nor_believed(desk: Folding) -> None:
    header, body = desk.asking()
    broken = replace(header, expires_at_ms=header.issued_at_ms)
    with pytest.raises(Invalid) as caught:
        desk.sign("investigator", broken, body)
    assert caught.value.rule == "AFTER_ISSUED"
    assert refusal(forged(desk, broken), desk.directory) == (
        Invalid,
        "X_FIELD_INVALID",
        "header.expires_at_ms",
        "AFTER_ISSUED",
    )


def forged(desk: Folding, header: Header, kind: str = ISSUE, name: str = "investigator") -> bytes:
    """Signed all the same, by somebody with the key but without our checks."""
    _, body = desk.asking()
    payload = codec.encode(Statement(header, body))
    sig = desk.realm.signer(name).sign(pae(kind, payload))
    return codec.encode(Envelope(payload, kind, desk.realm.row(name).key_id, sig))


def test_a_payload_type_says_the_kind_and_no_other(desk: Folding) -> None:
    header, _ = desk.asking()
    other = forged(desk, header, payload_type(StatementKind.WITHDRAW))
    assert refusal(other, desk.directory) == (Invalid, "X_FIELD_INVALID", "header.kind", "TYPE_MATCHES")
    unknown = forged(desk, header, ISSUE.replace("issue", "wish"))
    assert refusal(unknown, desk.directory) == (Invalid, "X_KIND_UNKNOWN", "envelope.payload_type", "TYPE")


def test_an_envelope_up_to_the_cap_is_parsed_and_one_byte_more_is_not() -> None:
    spare = MAX_ENVELOPE - len(codec.encode(Envelope(bytes(60_000), ISSUE, bytes(32), bytes(64)))) + 60_000
    largest = codec.encode(Envelope(bytes(spare), ISSUE, bytes(32), bytes(64)))
    assert len(largest) == MAX_ENVELOPE
    assert len(parse_envelope(largest).payload) == spare
    with pytest.raises(Invalid) as caught:
        parse_envelope(codec.encode(Envelope(bytes(spare + 1), ISSUE, bytes(32), bytes(64))))
    assert (caught.value.code, caught.value.field, caught.value.rule) == (
        "X_TOO_LARGE",
        "envelope",
        "SIZE_CAP",
    )


def test_an_envelope_up_to_the_cap_is_signed_and_one_byte_more_is_not(desk: Folding) -> None:
    header, body = desk.asking()
    many = [number.to_bytes(32, "big") for number in range(7_500)]
    (*others, note) = header.sections

    def signed(spare: int) -> bytes:
        issuer = replace(header.issuer, role="R" * (200 + spare))
        large = replace(header, issuer=issuer, sections=(*others, replace(note, recipients=tuple(many))))
        return desk.sign("investigator", large, body)

    spare = MAX_ENVELOPE - len(signed(0))
    assert len(signed(spare)) == MAX_ENVELOPE
    with pytest.raises(Invalid) as caught:
        signed(spare + 1)
    assert caught.value.args == ("X_TOO_LARGE", "envelope", "SIZE_CAP")


def test_parsing_errors_name_the_layer_they_are_in(desk: Folding) -> None:
    assert refusal(b"\xff", desk.directory) == (Invalid, "X_ENCODING", "envelope", "PARSE")
    sig = desk.realm.signer("investigator").sign(pae(ISSUE, b"\xff"))
    inner = codec.encode(Envelope(b"\xff", ISSUE, desk.realm.row("investigator").key_id, sig))
    assert refusal(inner, desk.directory) == (Invalid, "X_ENCODING", "statement", "PARSE")


def test_another_realm_is_not_verified(desk: Folding) -> None:
    header, _ = desk.asking(realm=bytes(32))
    assert refusal(forged(desk, header), desk.directory) == (
        NotVerified,
        "X_REALM_MISMATCH",
        "header.realm",
        "REALM",
    )


@pytest.mark.parametrize("field", ["org", "unit", "subject", "key_id"])
def test_a_signer_is_who_the_directory_says_and_not_who_it_says_itself(desk: Folding, field: str) -> None:
    header, _ = desk.asking()
    issuer = replace(header.issuer, **{field: getattr(desk.realm.row("judge"), field)})
    assert refusal(forged(desk, replace(header, issuer=issuer)), desk.directory) == (
        NotVerified,
        "X_SIGNATURE_INVALID",
        "header.issuer",
        "ROW_MATCHES",
    )


def test_a_role_that_the_row_does_not_hold_is_refused(desk: Folding) -> None:
    header, _ = desk.asking()
    forged_role = replace(header, issuer=replace(header.issuer, role="JUDGE"))
    assert refusal(forged(desk, forged_role), desk.directory) == (
        Refused,
        "X_ROLE_NOT_HELD",
        "header.issuer.role",
        "DIRECTORY.ROLES",
    )


def test_a_signature_of_another_key_or_over_other_bytes_does_not_hold(desk: Folding) -> None:
    envelope = parse_envelope(said(desk))
    key_of_judge = replace(envelope, key_id=desk.realm.row("judge").key_id)
    other_type = replace(envelope, payload_type=payload_type(StatementKind.WITHDRAW))
    cut = replace(envelope, sig=envelope.sig[:-1])
    for changed in (key_of_judge, other_type, cut):
        assert refusal(codec.encode(changed), desk.directory)[:3] == (
            NotVerified,
            "X_SIGNATURE_INVALID",
            "sig",
        )
    nobody = replace(envelope, key_id=bytes(32))
    assert refusal(codec.encode(nobody), desk.directory)[:2] == (NotVerified, "X_KEY_UNKNOWN")


def test_a_key_holds_from_its_first_moment_to_before_its_last(desk: Folding) -> None:
    data = said(desk)
    for since, until, holds in (
        (NOW, NOW + 1, True),
        (NOW + 1, NOW + 2, False),
        (NOW - 1, NOW, False),
    ):
        directory = desk.changed("investigator", valid_from_ms=since, valid_until_ms=until)
        if holds:
            assert verify_envelope(data, directory, NOW).row.valid_from_ms == since
        else:
            assert refusal(data, directory) == (Refused, "X_KEY_NOT_ACTIVE", "key_id", "DIRECTORY.VALIDITY")


@pytest.mark.parametrize("status", [status for status in RowStatus if status is not RowStatus.ACTIVE])
def test_a_row_that_is_not_active_signs_nothing(desk: Folding, status: RowStatus) -> None:
    directory = desk.changed("investigator", status=status)
    assert refusal(said(desk), directory) == (Refused, "X_KEY_NOT_ACTIVE", "key_id", "DIRECTORY.VALIDITY")


def test_clocks_may_differ_by_two_minutes_and_no_more(desk: Folding) -> None:
    data = said(desk, issued_at_ms=NOW + CLOCK_SKEW_MS, expires_at_ms=NOW + CLOCK_SKEW_MS + 1)
    assert verify_envelope(data, desk.directory, NOW).data == data
    assert refusal(data, desk.directory, NOW - 1) == (
        Refused,
        "X_ISSUED_IN_FUTURE",
        "header.issued_at_ms",
        "CLOCK_SKEW",
    )
    assert CLOCK_SKEW_MS == 2 * 60 * 1000


def test_a_statement_expires_at_its_moment_and_lives_seven_days_at_most(desk: Folding) -> None:
    data = said(desk, issued_at_ms=NOW, expires_at_ms=NOW + 10)
    assert verify_envelope(data, desk.directory, NOW + 9).data == data
    assert refusal(data, desk.directory, NOW + 10) == (
        Refused,
        "X_EXPIRED",
        "header.expires_at_ms",
        "EXPIRY",
    )
    longest = said(desk, issued_at_ms=NOW, expires_at_ms=NOW + MAX_LIFETIME_MS)
    assert verify_envelope(longest, desk.directory, NOW).data == longest
    longer = said(desk, issued_at_ms=NOW, expires_at_ms=NOW + MAX_LIFETIME_MS + 1)
    assert refusal(longer, desk.directory) == (Refused, "X_FIELD_INVALID", "header.expires_at_ms", "LIFETIME")
    assert MAX_LIFETIME_MS == 7 * 24 * 3600 * 1000


def test_the_unit_of_a_signer_must_still_stand_in_the_directory(desk: Folding) -> None:
    listed, address = desk.directory.trust_list, desk.realm.row("investigator").address
    assert desk.directory.unit(address).status is RowStatus.ACTIVE
    units = tuple(
        replace(unit, status=RowStatus.REVOKED) if unit.address == address else unit for unit in listed.units
    )
    directory = desk.rebuilt(units=units)
    assert refusal(said(desk), directory) == (
        Refused,
        "X_ADDRESSEE_NOT_DESIGNATED",
        "header.issuer",
        "DIRECTORY.UNIT",
    )
