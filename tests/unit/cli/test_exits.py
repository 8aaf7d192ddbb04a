# SPDX-License-Identifier: Apache-2.0
"""Exit codes: each family of errors has its class, and codes that mean more are told apart. Words are not tested here."""

import pytest

from rogatory.client.cli.exits import MEANINGS, Exit, exit_of
from rogatory.client.cli.verdicts import verdict_exit, verifying
from rogatory.client.verdict import Word
from rogatory.protocol import errors
from rogatory.protocol.errors import Invalid, NotAuthorised, NotVerified, Refused, RogatoryError, Unavailable


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotAuthorised(errors.X_NOT_AUTHORISED), 3),
        (NotAuthorised(errors.X_NOT_FOUND), 3),
        (NotVerified(errors.X_PASSPHRASE), 3),
        (Refused(errors.X_AUTHORITY_NOT_COMPETENT), 4),
        (Refused(errors.X_STALE_GENERATION), 4),
        (Invalid(errors.X_TARGET_NOT_SPECIFIC), 4),
        (Unavailable(errors.X_TRANSIENT), 5),
        (Refused(errors.X_EXPIRED), 6),
        (Refused(errors.X_OBJECT_TERMINAL), 6),
        (NotVerified(errors.X_SIGNATURE_INVALID), 7),
        (NotVerified(errors.X_LOG_INVALID), 7),
        (NotVerified(errors.X_SEAL_BROKEN), 7),
    ],
    ids=lambda value: value.code if isinstance(value, RogatoryError) else str(value),
)
def test_each_error_has_the_class_that_scripts_rely_on(error: RogatoryError, code: int) -> None:
    assert exit_of(error) == code


def test_only_what_did_not_verify_ends_with_seven() -> None:
    families = (Invalid, Refused, NotAuthorised, Unavailable)
    assert Exit.NOT_VERIFIED not in {exit_of(family(code)) for family in families for code in errors.CODES}


def test_every_verdict_has_its_exit_code() -> None:
    assert {word: int(verdict_exit(word)) for word in Word} == {
        Word.VERIFIED: 0,
        Word.CONSISTENT_BUT_NOT_ANCHORED: 8,
        Word.FAILED: 7,
    }


def test_bytes_that_do_not_even_parse_have_failed_a_verification() -> None:
    def work() -> None:
        raise Invalid(errors.X_ENCODING, "bundle", "PARSE")

    with pytest.raises(NotVerified) as caught:
        verifying(work)
    assert (caught.value.code, caught.value.field, caught.value.rule) == (
        errors.X_ENCODING,
        "bundle",
        "PARSE",
    )


def test_every_exit_code_is_explained() -> None:
    assert set(MEANINGS) == set(Exit)
