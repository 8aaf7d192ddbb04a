# SPDX-License-Identifier: Apache-2.0
"""What the codes of packs, states, outcomes and reports mean, in words.

The table alone: `catalogue` gives it to the rest of the command, and `catalogue_words` has the sentences about errors. Nothing
here decides on anything.
"""

from __future__ import annotations

from typing import Final

# code of a pack, a state, an outcome or a report, and what it means
CODES: Final[tuple[tuple[str, str], ...]] = (
    ("ISSUED", "sent, waiting for the authority"),
    ("RETURNED", "returned by the authority, can be corrected and sent again"),
    ("TRANSMITTED", "valid and with the provider, which has not read it yet"),
    ("RECEIVED", "read by a person at the provider"),
    ("PRESERVING", "frozen, and being answered"),
    ("PRESERVED", "frozen until the day that is shown"),
    ("EXECUTING", "partly answered"),
    ("DELIVERED", "every task has its answer"),
    ("CLOSED", "answered and acknowledged"),
    ("REFUSED", "refused"),
    ("WITHDRAWN", "taken back by the agency"),
    ("outcome.DELIVERED", "delivered"),
    ("outcome.PRESERVED", "frozen"),
    ("NO_RECORD", "searched, and there is no such record"),
    ("NOT_HELD", "the provider does not keep such data"),
    ("RETENTION_EXPIRED", "was kept, and has been deleted when its term ended"),
    ("IN_SCOPE", "everything lies within what was granted"),
    ("EXCESS_QUARANTINED", "more came than was granted; it was set aside unopened"),
    ("A_GROUNDS_INSUFFICIENT", "the grounds do not carry the request"),
    ("A_NOT_COMPETENT", "this authority may not decide on it"),
    ("A_NOT_NECESSARY", "not necessary for the case"),
    ("A_NOT_PROPORTIONATE", "not proportionate"),
    ("A_SECTION_MISMATCH", "what was sealed does not fit the signed request"),
    ("P_DE_FACTO_IMPOSSIBILITY", "cannot be done, through no fault of the provider"),
    ("P_IMMUNITY_OR_PRESS", "immunity, privilege or freedom of the press may be concerned"),
    ("P_INCOMPLETE", "the request is incomplete"),
    ("P_INSUFFICIENT_INFORMATION", "too little information to carry it out"),
    ("P_MANIFEST_ERRORS", "the request holds manifest errors"),
    ("P_NOT_ISSUED_OR_VALIDATED", "not issued or validated by a competent authority"),
    ("P_NOT_STORED_AT_RECEIPT", "the data were not stored when the request came"),
    ("P_OFFENCE_OUTSIDE_THRESHOLD", "the offence does not reach the threshold"),
    ("P_OTHER", "another reason, stated in words"),
    ("P_SERVICE_NOT_COVERED", "the service is not covered by the law"),
    ("P_THIRD_COUNTRY_CONFLICT", "the law of a third country forbids it"),
    ("COMPETENCE", "withdrawn: another authority is competent"),
    ("ERROR", "withdrawn: it was made in error"),
    ("NO_LONGER_NEEDED", "withdrawn: no longer needed"),
    ("MAJOR", "a grave excess: other persons or other categories of data"),
    ("MINOR", "a small excess: a margin of the same data"),
)
