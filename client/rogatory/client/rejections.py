# SPDX-License-Identifier: Apache-2.0
"""The exchange's signed "no", checked before it is believed.

A rejection must be signed by the exchange, be about exactly the bytes that were sent, and have its own entry in the log.
Then it becomes the typed error that it stands for. Keeping it as evidence is the caller's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rogatory.client.scheme import Scheme
from rogatory.client.views import check_all, open_receipt
from rogatory.protocol import errors
from rogatory.protocol.directory import KeyRow, PartyKind
from rogatory.protocol.entry import DEFAULT_SEAL_MONTHS, reject_fields
from rogatory.protocol.envelope import raw_digest, verify_envelope
from rogatory.protocol.errors import NotVerified, Refused
from rogatory.protocol.receipt import Rejection, VerifiedReceipt
from rogatory.protocol.statements import Reject

EXCHANGE_ROLE: Final = "EXCHANGE"


class Rejected(Refused):
    """The exchange's own signed and logged "no" about exactly the bytes that were sent; nothing less ends a statement."""


@dataclass(frozen=True, slots=True)
class VerifiedRejection:
    """A rejection that holds: digest of what was rejected, code, rule and field, and the entry's receipt."""

    body: Reject
    receipt: VerifiedReceipt

    def error(self) -> Rejected:
        """Return the refusal that it states."""
        return Rejected(self.body.code, self.body.field, self.body.rule)


def verify_rejection(rejection: Rejection, sent: bytes, scheme: Scheme, row: KeyRow) -> VerifiedRejection:
    """Verify a rejection.

    Args:
        rejection: As received.
        sent: The exact bytes that were submitted.
        scheme: Directory and log.
        row: The submitter's own row.

    Raises:
        NotVerified: ``X_RECEIPT_INVALID`` with the rule, or ``X_LOG_INVALID``, or a signature that does not hold.
    """
    receipt = open_receipt(rejection.receipt, scheme)
    verified = verify_envelope(rejection.envelope, scheme.directory, receipt.time_ms)
    body = verified.statement.body
    operator = scheme.directory.org(verified.row.org).kind is PartyKind.OPERATOR
    if not operator or verified.header.issuer.role != EXCHANGE_ROLE or not isinstance(body, Reject):
        raise NotVerified(errors.X_RECEIPT_INVALID, "rejection.envelope", "REJECTION.EXCHANGE")
    if body.rejected != raw_digest(sent) or body.count:
        raise NotVerified(errors.X_RECEIPT_INVALID, "rejection.envelope", "REJECTION.DIGEST")
    expected = reject_fields(
        row.org,
        row.subject,
        row.roles[0] if row.roles else "",
        verified.digest,
        body,
        receipt.time_ms,
        DEFAULT_SEAL_MONTHS,
    )
    check_all(receipt, expected)
    return VerifiedRejection(body, receipt)
