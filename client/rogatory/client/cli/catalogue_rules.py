# SPDX-License-Identifier: Apache-2.0
"""The English sentences for rules of the client that say more than their code: data only, no logic.

What the reader can do depends on the rule here; where it does not, the sentence of the code is enough.
"""

from __future__ import annotations

from typing import Final

# rule, what happened, what to do next; for rules of the client's own, where the code alone would not help
RULES: Final[tuple[tuple[str, str, str], ...]] = (
    (
        "CATALOGUE.FORK",
        "This version of the catalogue is in the log with other content; a version stands as it was published.",
        "Publish the change as a new version; leave `version` out and the next one is taken.",
    ),
    (
        "CATALOGUE.LANGUAGE",
        "The provider takes requests in other languages only, as its signed catalogue says.",
        "Have the request translated and state that language, or ask the provider what it accepts.",
    ),
    (
        "CATALOGUE.OWN",
        "A catalogue speaks for a unit of the signer's own organisation, and only a provider has one.",
        "Sign it with a device of that provider.",
    ),
    (
        "CATALOGUE.ROLLBACK",
        "The exchange lists an older catalogue than one that was verified here before, or none any more.",
        "Do not act on it; what came is kept as evidence. Tell oversight.",
    ),
    (
        "CATALOGUE.VERSION_GROWS",
        "A later version of this catalogue is in the log.",
        "Publish it as a new version; leave `version` out and the next one is taken.",
    ),
    (
        "CARRY.ADDRESSEE",
        "The file is not for your unit, or does not come from the other end of the request.",
        "Do not act on it; tell whoever brought it.",
    ),
    (
        "CARRY.ANSWERED",
        "There is nothing yet that you have signed about this request and that is not in the log.",
        "Preserve, disclose or refuse first, then carry the answer.",
    ),
    (
        "CARRY.BODY",
        "The file was damaged or changed on its way.",
        "Ask for the file again and do not act on this one.",
    ),
    (
        "CARRY.COVER",
        "What is in the file is not what its sender has signed for.",
        "Do not act on it; call the sender at the number of the directory.",
    ),
    (
        "CARRY.DELIVERED",
        "The provider has the request already, through the exchange.",
        "Nothing needs to be carried; `request status` shows where it stands.",
    ),
    (
        "CARRY.EMERGENCY",
        "Only an emergency may be carried as a file.",
        "Send the request; it waits in the outbox and goes by itself.",
    ),
    (
        "CARRY.OTHER_SIDE",
        "What this answers came as a file, and whoever signed that has not deposited it yet.",
        "Nothing is lost; it goes by itself. `request deposit` shows who owes what until when.",
    ),
    (
        "CARRY.OUTSIDE",
        "The provider is not on the exchange, so a file would be nothing that it can open.",
        "Print the order: `rogatory request letter`.",
    ),
    (
        "CARRY.SECTION",
        "A sealed section of the request does not lie in this profile, so the file would not be whole.",
        "Carry it from the profile that issued it.",
    ),
    (
        "CARRY.STALE",
        "The file is older than the regime lets anybody act on it.",
        "Do not act on it; the request must come through the exchange, or in a new file.",
    ),
    (
        "CARRY.TAKEN",
        "This file was taken in before.",
        "Nothing needs to be done; `request deposit` shows where its statements are.",
    ),
    (
        "CARRY.WRAP",
        "The file was changed, or was made in another realm.",
        "Do not act on it; ask for the file again.",
    ),
    (
        "CERTIFICATE.TERM",
        "The certificate of this device has run out, or does not count yet, so the exchange does not answer it.",
        "Check this machine's clock; if it is right, ask your registrar for a new certificate.",
    ),
    (
        "CONDITIONS_IN_WORDS",
        "Conditions of use were announced and not stated.",
        "State them with --note; they travel sealed.",
    ),
    (
        "CONSULTED_BEFORE",
        "An authority that refuses must have consulted the asking side before.",
        "Send the question first (`authority ask --code CONSULTATION`), then decide.",
    ),
    (
        "DIRECTORY.EXPIRED",
        "The term of the realm's directory has ended, so nothing is signed or believed on it.",
        "Ask the scheme's office for the new list; until then the exchange may be hiding a revoked key.",
    ),
    (
        "EMPTY",
        "The folder is not empty, and nothing is overwritten.",
        "Name a folder that does not exist yet.",
    ),
    (
        "EXCESS",
        "Nothing outside the grant was found in this disclosure.",
        "Run `rogatory request fetch` first; without an excess there is nothing to report.",
    ),
    (
        "EXTERNAL",
        "A provider outside the exchange is named with `external:` in front, and one on the exchange without.",
        "Look at the name again; an order to a provider outside has to be printed.",
    ),
    (
        "FEED.KNOWN",
        "The signed digest of your feed is not one that the exchange gave you, or a very old one.",
        "Listen to the feed until it has caught up, then prepare and sign again.",
    ),
    (
        "FEED.STALE",
        "The exchange's signed heartbeat is an old one, played again.",
        "Check this machine's clock; if it is right, somebody keeps the feed from you: tell your oversight body.",
    ),
    (
        "FOLDER",
        "Something that is no folder has the name.",
        "Name a folder that does not exist yet.",
    ),
    (
        "HOST_PORT",
        "The address is not a host and a port.",
        "Write it like 127.0.0.1:7645; the port must be a real one, because profiles remember it.",
    ),
    (
        "JSON.TWICE",
        "A name stands twice in one object, so two readers would read two different things.",
        "Keep one of the two.",
    ),
    (
        "KEYS.LOCKED",
        "This needs your keys, and they are locked.",
        "Give your passphrase, or name a file with --passphrase-file.",
    ),
    (
        "LETTER.ORDER",
        "There is no signed order in this page.",
        "Ask for the file that the page was printed from.",
    ),
    (
        "LETTER.PAGE",
        "The page says something else than the order that it carries.",
        "Do not act on it; call the authority back at a number that you know.",
    ),
    (
        "LIMIT.REJECTIONS",
        "The exchange has rejected many statements of this device lately and reads no more of them for a minute.",
        "Look at what was rejected and why; what you signed waits in the outbox and goes afterwards.",
    ),
    (
        "LOG.STALE",
        "The published log has stood still for ten minutes, although the exchange has signed more.",
        "Tell your oversight body what is in the evidence folder; do not act on new entries until it goes on.",
    ),
    (
        "ONE_OPEN",
        "Nothing of this kind is open, or several are and it was not said which.",
        "`rogatory request status` lists what is open with its digest; a few digits of it choose.",
    ),
    (
        "OPENED_HERE",
        "No disclosure that still waits for this was opened in this profile.",
        "Run `rogatory request fetch` first; `rogatory request status` shows what is acknowledged already.",
    ),
    (
        "OUTBOX.BEHIND",
        "An earlier statement of the same request waits, and their order is kept.",
        "See what keeps the earlier one; both go by themselves when it can be sent.",
    ),
    (
        "OUTBOX.NUMBER",
        "Nothing waits in the outbox under this number.",
        "`rogatory request send --waiting` shows the numbers of what waits.",
    ),
    (
        "OUTBOX.SECOND",
        "A second person of your party must approve these exact bytes before they are sent.",
        "Give a colleague the file envelope.bin of your outbox, for `request second`; then it goes by itself.",
    ),
    (
        "OUTBOX.WAITS",
        "This request is signed and waits in the outbox already, so it was not signed again.",
        "Your next command that reaches the exchange sends it; `request send --discard` gives it up.",
    ),
    (
        "OUTSIDE.PROVIDER",
        "The provider is on the exchange and gets the request there.",
        "Nothing needs to be printed; `request status` shows where it stands.",
    ),
    (
        "OWNER_ONLY",
        "Other users of this machine may read this profile, so it is not used.",
        "Take their rights away (on Linux: chmod -R go= DIR), and think of who may have read it.",
    ),
    (
        "PROFILE.DISK",
        "A file of your profile cannot be written, so what waits was not sent.",
        "Make room on the disk, or mend the folder; what you signed stays in the outbox.",
    ),
    (
        "PROFILE.LOCKED",
        "Another command is using this profile; this one has waited ten seconds for it.",
        "Wait until it has ended, or end it.",
    ),
    (
        "READABLE",
        "A file cannot be read.",
        "Check that the field names a file that you may read.",
    ),
    (
        "REGULAR_FILE",
        "Where a file should be is a folder, a pipe, a socket or a device.",
        "Put a regular file there; for standard input, write a dash where the command takes one.",
    ),
    (
        "RELEASE.NOT_PUBLISHED",
        "The entry that ended the term is not in the published log yet, and nothing is let go on a word alone.",
        "Try again in a few seconds; if it goes on, tell your oversight body.",
    ),
    (
        "REQUEST_ID_TAKEN",
        "This request has been sent before.",
        "See `rogatory request status`; to ask again, make a new draft.",
    ),
    (
        "SECOND.NOT_WANTED",
        "The regime wants no second person for this statement.",
        "Nothing needs to be approved; whoever signed it can send it.",
    ),
    (
        "SECOND.OTHER_PERSON",
        "Nobody approves a statement of their own.",
        "Have a colleague of your party look at it and approve it.",
    ),
    (
        "SECOND.SAME_PARTY",
        "The statement is another party's.",
        "Only a colleague of whoever signed it can approve it.",
    ),
    (
        "SYNCED",
        "This profile has not seen the exchange yet, so there is no directory to work with.",
        "Run `rogatory audit checkpoint` once while the exchange can be reached.",
    ),
    (
        "THIRD_OFFICER",
        "Who drafted a request may not be the one who confirms that it is real.",
        "Have another officer of your unit answer the challenge.",
    ),
    (
        "WIDENING_AS_ASKED",
        "A larger scope is granted as it was asked for, or not at all.",
        "Grant it without leaving anything out, or refuse it with a code.",
    ),
)
