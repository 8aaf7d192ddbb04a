# SPDX-License-Identifier: Apache-2.0
"""Match: what was opened says what was signed, in every field, or it is refused by the name of the field."""

from dataclasses import replace
from typing import Any

import pytest

from rogatory.protocol import errors
from rogatory.protocol.content import Instant
from rogatory.protocol.errors import RogatoryError
from rogatory.protocol.instants import parse_instant
from rogatory.protocol.match import match
from tests.support.sealing import RULES, header, particulars

_MISMATCH = errors.X_SECTION_MISMATCH


def _refusal(header_: Any, opened: Any) -> tuple[str, str, str]:  # noqa: ANN401 - the two values under test
    with pytest.raises(RogatoryError) as caught:
        match(header_, opened, RULES)
    return caught.value.code, caught.value.field, caught.value.rule


def test_particulars_made_for_a_header_match_it() -> None:
    opened = particulars()
    match(header(opened), opened, RULES)


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"task": 2}, _MISMATCH, "particulars.task"),
        ({"identifier_type": "msisdn"}, _MISMATCH, "particulars.identifier_type"),
        ({"elements": ("name",)}, _MISMATCH, "particulars.elements"),
        ({"elements": ("nat_binding", "name")}, _MISMATCH, "particulars.elements"),
        ({"purpose": "EVIDENCE"}, _MISMATCH, "particulars.purpose"),
        ({"identifier": b"203.0.113.7:40002"}, errors.X_COMMITMENT_MISMATCH, "particulars.identifier"),
        ({"commitment_key": b"x" * 32}, errors.X_COMMITMENT_MISMATCH, "particulars.identifier"),
        ({"commitment_key": b"c" * 31}, errors.X_FIELD_INVALID, "particulars.commitment_key"),
        ({"since": parse_instant("2026-11-01T23:00:00Z")}, _MISMATCH, "particulars.since"),
        ({"until": parse_instant("2026-11-05T00:00:00Z")}, _MISMATCH, "particulars.until"),
        ({"until": parse_instant("2026-11-02T08:00:00Z")}, errors.X_TIME_RANGE_INVALID, "particulars.until"),
        (
            {"since": Instant("2026-11-02T10:00:00", "", 0)},
            errors.X_TIME_NAIVE,
            "particulars.since.zone",
        ),
        (
            {"until": Instant("2026-11-04T18:30:00+01:00", "+01:00", 5)},
            errors.X_FIELD_INVALID,
            "particulars.until.utc_ms",
        ),
        ({"observed": ()}, errors.X_IDENTIFIER_INCOMPLETE, "particulars.observed"),
        (
            {"observed": (Instant("2026-11-03T21:07:45", "", 0),)},
            errors.X_TIME_NAIVE,
            "particulars.observed[0].zone",
        ),
        (
            {"observed": (parse_instant("2026-11-03T21:07:45Z"),) * 17},
            errors.X_TARGET_NOT_SPECIFIC,
            "particulars.observed",
        ),
    ],
)
def test_each_difference_is_refused_by_the_name_of_the_field(
    change: dict[str, Any], code: str, field: str
) -> None:
    opened = particulars()
    assert _refusal(header(opened), replace(opened, **change))[:2] == (code, field)


def test_the_same_identifier_under_another_request_or_realm_does_not_open_its_commitment() -> None:
    opened = particulars()
    signed = header(opened)
    for other in (replace(signed, request_id=b"x" * 16), replace(signed, realm=b"x" * 32)):
        assert _refusal(other, opened)[0] == errors.X_COMMITMENT_MISMATCH


def test_a_list_is_refused_even_when_header_and_commitment_agree_with_it() -> None:
    opened = particulars(b"+999000000001,+999000000002", "msisdn")
    assert _refusal(header(opened), opened)[0] == errors.X_TARGET_NOT_SPECIFIC


def test_moments_of_observation_are_needed_only_where_the_pack_says_so() -> None:
    opened = replace(particulars(b"+999000000001", "msisdn"), observed=())
    match(header(opened), opened, RULES)
