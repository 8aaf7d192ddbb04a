# SPDX-License-Identifier: Apache-2.0
"""The English sentences for stable error codes: data only, no logic; a translation is another file of this shape.

A test holds the table against every code of `rogatory.protocol.errors`. Rules and the codes of packs stand in two more files.
"""

from __future__ import annotations

from typing import Final

# code, what happened, what to do next
ERRORS: Final[tuple[tuple[str, str, str], ...]] = (
    (
        "X_ADDRESSEE_NOT_DESIGNATED",
        "The directory has no active unit that may receive this.",
        "Choose another addressee, or ask the provider which unit it has designated.",
    ),
    (
        "X_AUTHORITY_NOT_COMPETENT",
        "The law does not let this role decide on data of this category.",
        "Ask an authority of the rank that the rule names; nothing was decided.",
    ),
    (
        "X_CATEGORY_NOT_IN_PACK",
        "The regime does not know this data element for this purpose.",
        "Choose an element and a purpose that the regime pack lists.",
    ),
    (
        "X_CERTIFICATE_NOT_TRUSTED",
        "The certificate of the connection is not that of an active row of the directory.",
        "Ask your registrar to enrol or renew this device.",
    ),
    (
        "X_COMMITMENT_MISMATCH",
        "The identifier that was sealed is not the one that the signed request commits to.",
        "Do not act on it. Return the request and report it to your supervisor.",
    ),
    (
        "X_CONSULTATION_MISSING",
        "An authority that refuses must have consulted the asking side before.",
        "Send the question first (`authority ask --code CONSULTATION`), then decide.",
    ),
    (
        "X_EMERGENCY_NOT_REASONED",
        "An emergency is claimed and no reason for it is stated.",
        "State the reason, or ask without the emergency; both stay in the log.",
    ),
    (
        "X_ENCODING",
        "The bytes are not in the one form that this format allows.",
        "Fetch or make them again; if it happens again, report it as a fault.",
    ),
    ("X_EXPIRED", "It was signed too long ago and is no longer valid.", "Prepare, sign and send it again."),
    (
        "X_ERASED",
        "The request was erased on the controller's word: the exchange has nothing of it any more but the log.",
        "Use what you kept yourself; the log and every proof of it stay valid.",
    ),
    (
        "X_EXTENSION_EXHAUSTED",
        "It has been extended as often as the law allows, or its term is over.",
        "Ask for the data themselves, or let them go.",
    ),
    (
        "X_EX_POST_NOT_ALLOWED_FOR_CATEGORY",
        "Data of this category may not be asked for before the authority has said yes, not even in an emergency.",
        "Name the duty judge now; what may be had at once can be asked for in a request of its own.",
    ),
    (
        "X_FIELD_INVALID",
        "A field has a value that the rule does not allow.",
        "Correct the field that is named and try again.",
    ),
    ("X_FIELD_MISSING", "A field that the rule demands is missing.", "Add the field that is named."),
    (
        "X_FIELD_NOT_FOR_RECIPIENT",
        "Something was sealed to a unit that may not read it.",
        "Seal it only to the units that the rule names.",
    ),
    (
        "X_IDENTIFIER_INCOMPLETE",
        "The identifier lacks a part without which it does not name one person or device.",
        "Add what is missing; a shared address needs the source port and the second at which it was seen.",
    ),
    (
        "X_INTERNAL",
        "The exchange met a fault of its own and tells no more than that.",
        "Try again later; give the operator the time at which it happened.",
    ),
    (
        "X_ISSUED_IN_FUTURE",
        "It was signed at a time that has not come yet.",
        "Set the clock of your machine and sign again.",
    ),
    (
        "X_KEY_NOT_ACTIVE",
        "The key that signed is suspended, revoked, or outside its term.",
        "Ask your registrar for a new key, or sign with your active one.",
    ),
    (
        "X_KEY_UNKNOWN",
        "The directory has no such key.",
        "Fetch the directory again; if the key stays unknown, do not trust what it signed.",
    ),
    (
        "X_KIND_UNKNOWN",
        "This kind of statement is not known here, or not at this point.",
        "Check that both sides run a version that knows it.",
    ),
    (
        "X_LANGUAGE_NOT_ACCEPTED",
        "The addressee does not accept this language.",
        "Have it translated into one that the provider's entry lists.",
    ),
    (
        "X_LOG_INVALID",
        "The log does not verify: a signature, a proof or an entry does not hold, or its history has changed.",
        "Keep everything as it is, stop using this exchange, and tell your oversight body.",
    ),
    (
        "X_NOTIFICATION_MISSING",
        "The law wants another authority to be notified of a request like this one.",
        "State the facts that make it unnecessary, or use a channel that notifies.",
    ),
    (
        "X_NOT_AUTHORISED",
        "You may not do this with this profile.",
        "Use the profile of a person whose role may, or ask your registrar.",
    ),
    (
        "X_NOT_FOUND",
        "There is no such object, or it is not yours to see.",
        "Check the id; `rogatory request status` lists what is yours.",
    ),
    (
        "X_OBJECTION_NOT_REASONED",
        "The reasons given do not carry an objection by themselves.",
        "State what the other law forbids; where data are stored is no reason.",
    ),
    (
        "X_OBJECT_TERMINAL",
        "The request has ended; nothing more can be done with it.",
        "Make a new request if you still need something.",
    ),
    (
        "X_OFFENCE_BELOW_THRESHOLD",
        "The offence does not reach the threshold that the law sets for this category of data.",
        "Ask for data of a lower category, or correct the facts about the offence.",
    ),
    (
        "X_OUT_OF_SCOPE",
        "Some of the data lie outside what was granted, so nothing was released.",
        "Take out the rows that are listed and try again.",
    ),
    (
        "X_PACK_NOT_IN_FORCE",
        "The regime was not in force when the request was made.",
        "Choose a regime pack that is in force.",
    ),
    ("X_PACK_UNKNOWN", "There is no such regime pack.", "Choose one of the packs that the exchange lists."),
    (
        "X_PACK_RECALLED",
        "The regime pack of this request was recalled, so the request rests.",
        "Wait for what the scheme's office says, or take the request back.",
    ),
    (
        "X_PART_INVALID",
        "A part of a disclosure has not arrived whole, or is not the part that was announced.",
        "Run the same command again; it goes on where it stopped.",
    ),
    (
        "X_PASSPHRASE",
        "The passphrase does not open this key file.",
        "Try again; after a loss, ask your registrar to enrol a new key.",
    ),
    (
        "X_PROSPECTIVE_DATA",
        "The window reaches into the future; only stored data can be asked for.",
        "End the window today or earlier.",
    ),
    (
        "X_PROTECTED_TARGET",
        "The law protects this person or this data from a request like this one.",
        "Ask the authority first, or leave the task out.",
    ),
    (
        "X_QUORUM_NOT_MET",
        "Too few of the keys that must sign have signed this.",
        "Do not use it; fetch it again or ask the scheme's administrators.",
    ),
    (
        "X_RATE_LIMITED",
        "Too many statements of one device were rejected, so further ones were turned away unread; the count says how many.",
        "Find out what that device sends, and stop it; what was turned away can be sent again.",
    ),
    (
        "X_REALM_MISMATCH",
        "This belongs to another realm than the one that you have pinned.",
        "Check that you are connected to the right exchange; never mix training and real use.",
    ),
    (
        "X_RECEIPT_INVALID",
        "The exchange's receipt does not prove what it says.",
        "Keep it, it is evidence; tell your oversight body.",
    ),
    (
        "X_REFUSAL_NOT_OPEN",
        "The law does not let this ground be used for a request like this one.",
        "Choose a ground that applies, or raise none.",
    ),
    (
        "X_REPLAY",
        "This id has been used before for something else.",
        "Prepare it again, so that it gets a new id.",
    ),
    (
        "X_ROLE_NOT_HELD",
        "The directory does not give this person the role that was used.",
        "Sign in a role that you hold, or ask your registrar.",
    ),
    (
        "X_SCOPE_EXCEEDED",
        "This goes beyond what was asked for or granted.",
        "Narrow it; widening needs a new request.",
    ),
    (
        "X_SEAL_BROKEN",
        "A sealed object does not open under the statement that names it: it was changed, moved or made for others.",
        "Do not act on it; report it, and keep the object.",
    ),
    (
        "X_SECOND_MISSING",
        "A second person of the same party must approve these exact bytes before they are sent.",
        "Have a colleague approve them, then send again.",
    ),
    (
        "X_SECTION_MISMATCH",
        "What was sealed does not say the same as the signed request.",
        "Do not act on it; return the request.",
    ),
    (
        "X_SECTION_MISSING",
        "A sealed section that the request needs is not there.",
        "Prepare and send the request again.",
    ),
    (
        "X_SECTION_NOT_OPENED",
        "A decision must name every section on which it rests as opened.",
        "Open and read the sections, then decide.",
    ),
    (
        "X_SIGNATURE_INVALID",
        "The signature does not hold for these bytes and this key.",
        "Do not act on it; ask the sender by another way whether it comes from them.",
    ),
    (
        "X_STALE_GENERATION",
        "Somebody else has acted on this request since you last looked.",
        "Look at its newest state and decide again.",
    ),
    (
        "X_STATE_NOT_ALLOWED",
        "This step is not possible in the state that the request is in.",
        "See `rogatory request status` for what comes next.",
    ),
    (
        "X_TARGET_NOT_SPECIFIC",
        "The identifier names more than one person or device: a list, a range or a wildcard.",
        "Make one task for each identifier.",
    ),
    (
        "X_TIME_NAIVE",
        "A time has no zone, or its local time occurs twice, so it could be two different moments.",
        "State an offset such as +01:00, or a zone such as Europe/Vienna.",
    ),
    (
        "X_TIME_RANGE_INVALID",
        "A window ends before it begins, or its times do not fit its days.",
        "Correct the times.",
    ),
    ("X_TOO_LARGE", "Something is larger than its limit.", "Make it smaller or split it."),
    (
        "X_TOO_LATE",
        "The time that the law gives for this is over.",
        "Nothing was changed; see `request status` for what has happened since.",
    ),
    (
        "X_TRANSIENT",
        "The exchange cannot be reached or has no room just now; nothing has happened.",
        "Run the same command again; what you signed waits in the outbox.",
    ),
    (
        "X_VALIDATION_MISSING",
        "A request like this one needs an authority to validate it.",
        "Name the authority's unit in the request.",
    ),
    (
        "W_GROUNDS_EMPTY",
        "The grounds do not say why this is necessary and proportionate.",
        "Write both; most requests that are returned are returned for this.",
    ),
    (
        "W_WINDOW_LONG",
        "The window is long.",
        "Ask for the days that the case needs; a narrower window is granted sooner.",
    ),
)
