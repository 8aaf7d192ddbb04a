# SPDX-License-Identifier: Apache-2.0
"""The English words about people: next steps, why somebody is called, what became of it, rules of roster and hooks.

Data only, part of the catalogue. No sentence can carry a name, a number or an address.
"""

from __future__ import annotations

from typing import Final

# code, what it means; ``step.`` what somebody has to do, after the name of who it is
CODES: Final[tuple[tuple[str, str], ...]] = (
    ("step.ANSWER", "answer"),
    ("step.ANSWER_QUESTION", "answer a question"),
    ("step.ATTEST_DELETION", "delete or restrict what was delivered, and attest it"),
    ("step.CONFIRM_ORIGIN", "a third officer says whether it really came from there"),
    ("step.CORRECT", "correct it and send it again, or withdraw it"),
    ("step.DECIDE", "decide: grant, return or refuse"),
    ("step.DECIDE_AFTERWARDS", "decide on what was sent in an emergency"),
    ("step.DECIDE_OBJECTION", "decide on the objection: maintain, change or withdraw"),
    ("step.DECIDE_PROPOSAL", "take up the smaller scope or leave it"),
    ("step.DECIDE_WIDENING", "decide on the larger scope"),
    ("step.EXTEND_OR_END", "extend the preservation, hold it or end it"),
    ("step.PRESERVE", "freeze the data"),
    ("step.RECEIVE", "read it"),
    ("step.RELEASE", "let go what is frozen"),
    ("step.REVIEW", "raise a ground, or say that there is none"),
    ("step.TAKE_IN", "fetch the answer, check and acknowledge it"),
    ("step.TELL_PERSON", "tell the person, or state why not yet"),
    ("step.WORK", "read, freeze and answer"),
    ("cause.ARRIVED", "it has just begun"),
    ("cause.OVERDUE", "its time is over"),
    ("cause.REMIND", "its time is about to end"),
    ("urgency.DUE_SOON", "a term is about to end"),
    ("urgency.EMERGENCY", "an emergency"),
    ("urgency.OVERDUE", "a term is over"),
    ("urgency.ROUTINE", "may wait for office hours"),
    ("told.FAILED", "NOT REACHED, tried again"),
    ("told.PLANNED", "Would be called"),
    ("told.SENT", "Called"),
    ("told.TROUBLE", "Could not be looked at"),
    ("told.X_DUTY_GAP", "nobody is on duty; the roster has a gap"),
    ("told.X_PAGE_FAILED", "no hook has taken the call"),
)
# code, what happened, what to do next
ERRORS: Final[tuple[tuple[str, str, str], ...]] = (
    (
        "X_DUTY_GAP",
        "The roster has hours in which nobody is on duty.",
        "Close the gap in the roster; until then the fallback is called.",
    ),
    (
        "X_PAGE_FAILED",
        "A call to somebody on duty was not taken by its hook.",
        "Look at the hook's settings; the call is tried again, and the next person is called meanwhile.",
    ),
)
# rule, what happened, what to do next
RULES: Final[tuple[tuple[str, str, str], ...]] = (
    (
        "DAYS_OR_DATES",
        "A shift stands for days of the week or for dates, one of the two.",
        "Give it days, or give it first and last.",
    ),
    (
        "PAGE.ANSWER",
        "The other side of a hook answered with something that cannot be read.",
        "Check host and port of the hook.",
    ),
    ("PAGE.COMMAND", "The command of a hook cannot be started.", "Check its path and its right to run."),
    (
        "PAGE.EXIT_STATUS",
        "The command of a hook ended with an error.",
        "Run it by hand and see what it says.",
    ),
    (
        "PAGE.REFUSED",
        "The other side of a hook refused the call.",
        "Check the address, the sender and the secret.",
    ),
    (
        "PAGE.SECRET",
        "The secret file of a hook cannot be used.",
        "It must be one line and readable by its owner only.",
    ),
    (
        "PAGE.TIMEOUT",
        "A hook did not end in its time.",
        "See whether the other side is overloaded; it is tried again.",
    ),
    (
        "PAGE.TLS",
        "The other side of a hook does not show the certificate that it must.",
        "Check its name and ca_file.",
    ),
    (
        "PAGE.TRY_LATER",
        "The other side of a hook cannot take the call just now.",
        "Nothing; it is tried again.",
    ),
    ("PAGE.UNREACHABLE", "The other side of a hook cannot be reached.", "Check the network, host and port."),
    (
        "PAGER.RUNNING",
        "A pager is running on this profile already, and two would call everybody twice.",
        "End the other one first, or look at what it does with `duty show`.",
    ),
)
