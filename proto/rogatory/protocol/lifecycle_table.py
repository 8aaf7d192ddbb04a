# SPDX-License-Identifier: Apache-2.0
"""Who may say what in which state: the whole lifecycle as one table (architecture §2, regimes §9.2).

``lifecycle`` reads it before any rule of a kind runs, and ``docs/lifecycle.md`` is printed from it, so that what is
documented is what is enforced. A row holds what can be said in a table; guards that need the pack, and what a statement
changes, stand in the rule modules, in a sentence here for readers; nothing is decided by the words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from rogatory.protocol.header import StatementKind as K
from rogatory.protocol.state import TERMINAL
from rogatory.protocol.state import StateName as S


class Actor(StrEnum):
    """Who signs, as seen from the request."""

    ASKING = "the party that asked"
    AUTHORITY = "the authority named to validate, its unit"
    COURT = "a judge of the asking side"
    PROVIDER = "the provider"
    ENFORCING = "the authority of the provider's State"
    PARTY = "any party to the request"
    CLOCK = "the exchange's clock key"


class About(StrEnum):
    """What the statement must name in ``about``."""

    NOTHING = "nothing"
    ISSUE = "the issue in force"
    ISSUE_EVER = "any issue that the request ever had"
    ISSUE_OR_AMENDMENT = "the issue in force, or the amendment that waits"
    ORDER = "the order the provider acts on"
    DISCLOSURE = "a disclosure's manifest"
    HOLD = "the open question or objection that it answers"
    AMENDED = "the order, the proposal that it takes up, or the objection that it answers"
    CLAIM = "the claim that it settles"
    DUTY = "a disclosure, or the statement that asked for it"
    ENVELOPE = "the envelope that is approved"
    ANY = "any statement of the request"


BEFORE: Final = frozenset({S.ISSUED})
VALID: Final = frozenset(
    {S.TRANSMITTED, S.RECEIVED, S.PRESERVING, S.AWAITING_ENFORCING_AUTHORITY, S.EXECUTING}
)
WORKING: Final = VALID - {S.TRANSMITTED}
KEPT: Final = frozenset({S.PRESERVED, S.EXTENDED, S.HELD_FOR_PRODUCTION})
ANSWERED: Final = frozenset({S.DELIVERED, S.CLOSED})
OPEN: Final = frozenset({S.ISSUED, S.RETURNED, S.DELIVERED}) | VALID | KEPT
# Here data stay frozen until the asking side says that it needs them no longer: a refusal may still be contested.
UNTIL_ENDED: Final = KEPT | {S.REFUSED}
LET_GO: Final = frozenset({S.LAPSED, S.WITHDRAWN, S.EXEMPT}) | UNTIL_ENDED
EVERY: Final = frozenset(S)


@dataclass(frozen=True, slots=True)
class Row:
    """One kind: who, in which states, about what, whether it must have seen the newest state, and what it does.

    ``under_recall``: also under a pack that was recalled, where everything else rests. ``two_persons``: a second person of
    the same party must have approved it whatever the pack says; the pack may ask for that of other kinds too.
    """

    actors: tuple[Actor, ...]
    states: frozenset[S]
    about: About
    does: str
    to: tuple[S, ...] = ()
    deciding: bool = False
    under_recall: bool = False
    two_persons: bool = False


_A, _B = Actor, About
TABLE: Final[Mapping[K, Row]] = MappingProxyType(
    {
        K.VALIDATE: Row(
            (_A.AUTHORITY,), BEFORE | VALID | KEPT | {S.DELIVERED, S.CLOSED}, _B.ISSUE_OR_AMENDMENT,
            "Grants, grants less, returns or refuses. After an emergency issue it settles the debt or takes the request back; "
            "about a widening it puts the larger scope in force.",
            (S.TRANSMITTED, S.RETURNED, S.REFUSED, S.WITHDRAWN), deciding=True,
        ),
        K.SECOND: Row((_A.PARTY,), EVERY, _B.ENVELOPE, "Approves one exact envelope of the same party before it is sent.", under_recall=True),
        K.DELIVERED: Row((_A.PROVIDER,), VALID, _B.ORDER, "Fetched and verified by the service; clocks start. Once.", ()),
        K.RECEIVE: Row((_A.PROVIDER,), frozenset({S.TRANSMITTED}), _B.ORDER, "Read by a person, every granted task's particulars opened.", (S.RECEIVED,)),
        K.CONFIRM_ORIGIN_CHALLENGE: Row((_A.PROVIDER,), VALID, _B.ORDER, "Asks whether it really came from there; nothing is delivered meanwhile."),
        K.CONFIRM_ORIGIN: Row((_A.ASKING,), VALID, _B.HOLD, "A third officer answers; a no takes the request back.", (S.WITHDRAWN,)),
        K.PRESERVE: Row((_A.PROVIDER,), frozenset({S.RECEIVED}), _B.ORDER, "Frozen until the instant that the pack gives.", (S.PRESERVING, S.AWAITING_ENFORCING_AUTHORITY, S.PRESERVED)),
        K.RELEASE: Row((_A.PROVIDER,), LET_GO, _B.ORDER, "Let go: after the end of the term and the pack's grace, or when it is no longer needed.", (S.RELEASED,), deciding=True),
        K.CLARIFY_REQUEST: Row(
            (_A.AUTHORITY, _A.PROVIDER, _A.ENFORCING), BEFORE | VALID | KEPT, _B.ANY,
            "A coded question. The provider's suspends delivery and starts a clock; the enforcing authority's is the consultation before a refusal.",
        ),
        K.CLARIFY: Row((_A.ASKING,), BEFORE | VALID | KEPT, _B.HOLD, "Answers it; never carries scope."),
        K.RESCIND: Row((_A.AUTHORITY,), VALID | KEPT, _B.ISSUE, "Taken back by who validated, before anything was delivered.", (S.WITHDRAWN,), under_recall=True),
        K.ANNUL: Row((_A.COURT,), VALID | KEPT | ANSWERED, _B.ISSUE, "Quashed: open work ends, what was delivered must be deleted or restricted.", (S.WITHDRAWN,), under_recall=True),
        K.PAGE_ACK: Row((_A.PARTY,), OPEN, _B.ANY, "A duty officer's device has shown the page.", under_recall=True),
        K.PROPOSE_NARROWING: Row((_A.PROVIDER,), VALID, _B.ORDER, "Proposes a smaller scope; changes nothing by itself."),
        K.AMEND: Row((_A.ASKING,), VALID, _B.AMENDED, "Smaller: in force at once; answers a question or an objection where it is about one. Larger, within what was issued: waits for the authority.", deciding=True),
        K.OBJECT: Row((_A.PROVIDER,), VALID | KEPT, _B.ORDER, "Impossibility, immunity or a conflict of laws: delivery rests, data stay preserved."),
        K.MAINTAIN: Row((_A.ASKING,), VALID | KEPT, _B.HOLD, "The request is kept as it is."),
        K.NEW_DEADLINE: Row((_A.ASKING,), VALID, _B.ANY, "A later end of the term to produce; answers an objection where it is about one."),
        K.REFUSE: Row(
            (_A.PROVIDER, _A.ENFORCING), VALID | {S.DELIVERED, S.CLOSED}, _B.ORDER,
            "Per task or whole, coded. By the enforcing authority after consultation and in time; after delivery it brings delete-or-restrict; conditional, it binds the use.",
            (S.REFUSED, S.EXECUTING, S.DELIVERED, S.CLOSED), under_recall=True),
        K.NOTIFY: Row((_A.ASKING,), VALID, _B.ORDER, "The enforcing authority is told; its clock starts. Once."),
        K.NO_GROUNDS: Row((_A.ENFORCING,), VALID, _B.ORDER, "It raises no ground; delivery is free.", (S.EXECUTING,)),
        K.DISCLOSE: Row((_A.PROVIDER,), WORKING, _B.ORDER, "The manifest of a sealed disclosure with an outcome for each task that it ends.", (S.EXECUTING, S.DELIVERED), deciding=True),
        K.ACKNOWLEDGE: Row((_A.ASKING,), VALID | ANSWERED | {S.WITHDRAWN, S.REFUSED, S.RELEASED}, _B.DISCLOSURE, "Opened, verified, scope checked again.", (S.CLOSED,), under_recall=True),
        K.REWRAP: Row((_A.ASKING, _A.AUTHORITY), EVERY, _B.ANY, "One more recipient, of the pack's list, for a sealed object."),
        K.REPORT_EXCESS: Row((_A.PARTY,), EVERY, _B.DISCLOSURE, "More came than was asked for: delete or restrict.", under_recall=True),
        K.ERROR: Row((_A.PARTY,), EVERY, _B.ANY, "What went wrong, whose, how grave; a reportable one stays open until deletion is attested.", under_recall=True),
        K.ATTEST_DELETION: Row((_A.PARTY,), EVERY, _B.DUTY, "Destroyed or restricted.", under_recall=True),
        K.EXTEND: Row((_A.ASKING,), frozenset({S.PRESERVED, S.EXTENDED}), _B.ORDER, "By the pack's period, within the running term, as often as it allows.", (S.EXTENDED,), deciding=True, under_recall=True),
        K.HOLD: Row((_A.ASKING,), frozenset({S.PRESERVED, S.EXTENDED}), _B.ORDER, "Held for a production that was asked for; no term ends it.", (S.HELD_FOR_PRODUCTION,), under_recall=True),
        K.WITHDRAW: Row((_A.ASKING,), OPEN, _B.ISSUE_EVER, "Taken back; though a correction came first.", (S.WITHDRAWN,), under_recall=True),
        K.END: Row((_A.ASKING,), UNTIL_ENDED, _B.ORDER, "No longer needed; the provider may let go. Also of what it froze for a request that it refused."),
        K.DEFER_NOTICE: Row((_A.ASKING, _A.AUTHORITY), EVERY, _B.ANY, "The person is not told yet: ground of the pack, day of review.", under_recall=True),
        K.NOTIFY_SUBJECT: Row((_A.ASKING, _A.AUTHORITY), EVERY, _B.ANY, "Informed, or the decision that informing is omitted.", under_recall=True),
        K.EXTEND_SEAL: Row((_A.ASKING, _A.AUTHORITY), EVERY, _B.ANY, "The entries stay sealed for the public longer, for a ground of the pack.", under_recall=True),
        K.CLAIM_COST: Row((_A.PROVIDER,), VALID | ANSWERED | KEPT, _B.ORDER, "What the answer cost, where the pack lets it be claimed."),
        K.SETTLE_COST: Row((_A.ASKING,), EVERY, _B.CLAIM, "Paid or denied."),
        K.TRANSMIT_OUTSIDE: Row((_A.ASKING, _A.PROVIDER), OPEN, _B.ANY, "What went another way: when, how long, its digest; before the request closes.", under_recall=True),
        K.ERASE: Row((_A.ASKING,), TERMINAL, _B.ISSUE, "The controller has the exchange destroy its key, openings and sections of an ended request, with a second person. Nothing is said or read of it any more.", deciding=True, under_recall=True, two_persons=True),
        K.CLOCK: Row((_A.CLOCK,), OPEN | ANSWERED, _B.NOTHING, "An obligation has fallen due; what that does stands in the table of clocks.",
                     (S.LAPSED, S.WITHDRAWN, S.EXPIRED, S.EXEMPT, S.EXECUTING)),
    }
)  # fmt: skip
# These decide on a state, so they must have seen the request's newest statement (architecture §4, order).
DECIDING_KINDS: Final = frozenset({K.ISSUE, *(kind for kind, row in TABLE.items() if row.deciding)})
