# SPDX-License-Identifier: Apache-2.0
"""The one error family, with codes that are stable on the wire.

RogatoryError
├── Invalid        the bytes or values break a format rule; nothing was decided
├── Refused        well formed, but the law, the state or the directory says no
├── NotVerified    a signature, proof, commitment or seal does not hold
├── NotAuthorised  the caller may not do this, or the object is not the caller's
└── Unavailable    try again later; nothing has happened

Every error carries a code, the field and the rule (regimes: refusal codes). It never carries a value: no identifier,
no payload, no key bytes ever stand in an exception's text. This module imports nothing of Rogatory and does not map
to gRPC; the server and the client do that at their edge.
"""

from __future__ import annotations

import re
from typing import Final

from typing_extensions import override

_TOKEN: Final = re.compile(r"[A-Za-z0-9_.\-/\[\]:+]{0,96}\Z")


class RogatoryError(Exception):
    """Base of all errors that cross a boundary.

    Attributes:
        code: Stable code, such as ``X_SIGNATURE_INVALID``.
        field: Path of the field at fault, such as ``header.tasks[0].elements``; may be empty.
        rule: Name of the rule that was broken, such as ``DSSE.PAE`` or a path into the pack; may be empty.
    """

    def __init__(self, code: str, field: str = "", rule: str = "") -> None:
        for token in (code, field, rule):
            if not _TOKEN.match(token):  # an error text must never be able to carry a value
                code, field, rule = "X_INTERNAL", "", "ERROR.TOKEN"
                break
        super().__init__(code, field, rule)
        self.code = code
        self.field = field
        self.rule = rule

    @override
    def __str__(self) -> str:
        """Code, field and rule in one line, for developers' eyes; people read the catalogue."""
        return " ".join(part for part in (self.code, self.field, self.rule) if part)


class Invalid(RogatoryError):
    """The bytes or values break a format rule; nothing was decided."""


class Refused(RogatoryError):
    """Well formed and authentic, but the law, the request's state or the directory says no."""


class NotVerified(RogatoryError):
    """A signature, a proof, a commitment or a seal does not hold."""


class NotAuthorised(RogatoryError):
    """The caller may not do this, or the object is not the caller's to see."""


class Unavailable(RogatoryError):
    """Nothing has happened; the same call may be made again later."""


# Codes of the exchange and of both ends. The meaning in words stands in the client's catalogue; the list is closed.
X_ADDRESSEE_NOT_DESIGNATED: Final = "X_ADDRESSEE_NOT_DESIGNATED"
X_ADDRESS_UNLABELLED: Final = "X_ADDRESS_UNLABELLED"
X_AUTHORITY_NOT_COMPETENT: Final = "X_AUTHORITY_NOT_COMPETENT"
X_CATEGORY_NOT_IN_PACK: Final = "X_CATEGORY_NOT_IN_PACK"
X_CERTIFICATE_NOT_TRUSTED: Final = "X_CERTIFICATE_NOT_TRUSTED"
X_COMMITMENT_MISMATCH: Final = "X_COMMITMENT_MISMATCH"
X_CONSULTATION_MISSING: Final = "X_CONSULTATION_MISSING"
X_DUTY_GAP: Final = "X_DUTY_GAP"
X_EMERGENCY_NOT_REASONED: Final = "X_EMERGENCY_NOT_REASONED"
X_ENCODING: Final = "X_ENCODING"
X_ERASED: Final = "X_ERASED"
X_EXHIBIT_CHANGED: Final = "X_EXHIBIT_CHANGED"
X_EXPIRED: Final = "X_EXPIRED"
X_EXTENSION_EXHAUSTED: Final = "X_EXTENSION_EXHAUSTED"
X_EX_POST_NOT_ALLOWED_FOR_CATEGORY: Final = "X_EX_POST_NOT_ALLOWED_FOR_CATEGORY"
X_FIELD_INVALID: Final = "X_FIELD_INVALID"
X_FIELD_MISSING: Final = "X_FIELD_MISSING"
X_FIELD_NOT_FOR_RECIPIENT: Final = "X_FIELD_NOT_FOR_RECIPIENT"
X_IDENTIFIER_INCOMPLETE: Final = "X_IDENTIFIER_INCOMPLETE"
X_INTERNAL: Final = "X_INTERNAL"
X_ISSUED_IN_FUTURE: Final = "X_ISSUED_IN_FUTURE"
X_KEY_NOT_ACTIVE: Final = "X_KEY_NOT_ACTIVE"
X_KEY_UNKNOWN: Final = "X_KEY_UNKNOWN"
X_KIND_UNKNOWN: Final = "X_KIND_UNKNOWN"
X_LANGUAGE_NOT_ACCEPTED: Final = "X_LANGUAGE_NOT_ACCEPTED"
X_LOG_INVALID: Final = "X_LOG_INVALID"
X_NOTIFICATION_MISSING: Final = "X_NOTIFICATION_MISSING"
X_NOT_AUTHORISED: Final = "X_NOT_AUTHORISED"
X_NOT_FOUND: Final = "X_NOT_FOUND"
X_OBJECTION_NOT_REASONED: Final = "X_OBJECTION_NOT_REASONED"
X_OBJECT_TERMINAL: Final = "X_OBJECT_TERMINAL"
X_OFFENCE_BELOW_THRESHOLD: Final = "X_OFFENCE_BELOW_THRESHOLD"
X_OUT_OF_SCOPE: Final = "X_OUT_OF_SCOPE"
X_PACK_NOT_IN_FORCE: Final = "X_PACK_NOT_IN_FORCE"
X_PACK_RECALLED: Final = "X_PACK_RECALLED"
X_PACK_UNKNOWN: Final = "X_PACK_UNKNOWN"
X_PAGE_FAILED: Final = "X_PAGE_FAILED"
X_PART_INVALID: Final = "X_PART_INVALID"
X_PASSPHRASE: Final = "X_PASSPHRASE"  # noqa: S105 - the name of an error, not a secret
X_PROSPECTIVE_DATA: Final = "X_PROSPECTIVE_DATA"
X_PROTECTED_TARGET: Final = "X_PROTECTED_TARGET"
X_QUORUM_NOT_MET: Final = "X_QUORUM_NOT_MET"
X_RATE_LIMITED: Final = "X_RATE_LIMITED"
X_REALM_MISMATCH: Final = "X_REALM_MISMATCH"
X_RECEIPT_INVALID: Final = "X_RECEIPT_INVALID"
X_REFUSAL_NOT_OPEN: Final = "X_REFUSAL_NOT_OPEN"
X_REPLAY: Final = "X_REPLAY"
X_ROLE_NOT_HELD: Final = "X_ROLE_NOT_HELD"
X_SCOPE_EXCEEDED: Final = "X_SCOPE_EXCEEDED"
X_SEAL_BROKEN: Final = "X_SEAL_BROKEN"
X_SECOND_MISSING: Final = "X_SECOND_MISSING"
X_SECTION_MISMATCH: Final = "X_SECTION_MISMATCH"
X_SECTION_MISSING: Final = "X_SECTION_MISSING"
X_SECTION_NOT_OPENED: Final = "X_SECTION_NOT_OPENED"
X_SIGNATURE_INVALID: Final = "X_SIGNATURE_INVALID"
X_STALE_GENERATION: Final = "X_STALE_GENERATION"
X_STATE_NOT_ALLOWED: Final = "X_STATE_NOT_ALLOWED"
X_TARGET_NOT_SPECIFIC: Final = "X_TARGET_NOT_SPECIFIC"
X_TIME_NAIVE: Final = "X_TIME_NAIVE"
X_TIME_RANGE_INVALID: Final = "X_TIME_RANGE_INVALID"
X_TOO_LARGE: Final = "X_TOO_LARGE"
X_TOO_LATE: Final = "X_TOO_LATE"
X_TRANSIENT: Final = "X_TRANSIENT"
X_VALIDATION_MISSING: Final = "X_VALIDATION_MISSING"

CODES: Final[frozenset[str]] = frozenset(
    value for name, value in list(globals().items()) if name.startswith("X_") and isinstance(value, str)
)
