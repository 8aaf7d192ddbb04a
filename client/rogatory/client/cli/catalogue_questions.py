# SPDX-License-Identifier: Apache-2.0
"""The English words of questions about identifiers, times, exhibits and labels: data only, part of the catalogue.

Each is about what is more often a slip than meant. No sentence can carry a value.
"""

from __future__ import annotations

from typing import Final

# code, what happened, what to do next
ERRORS: Final[tuple[tuple[str, str, str], ...]] = (
    (
        "W_IDENTIFIER_UNUSUAL",
        "The identifier is well formed and unusual.",
        "Compare it with its source, character by character; if it is right, say yes.",
    ),
    (
        "W_OBSERVED_OUTSIDE",
        "Something was seen at a moment that lies outside the window.",
        "Check date and zone of both; if both are right, say yes.",
    ),
    (
        "W_OFFSET_UNUSUAL",
        "A time is not in the offset that clocks at the place of the incident had on that day.",
        "Look at the source: is the record really in the zone that is stated? An hour here is another customer.",
    ),
    (
        "W_TIME_FUTURE",
        "The window ends in the future, and only what is stored when the request arrives is given.",
        "End the window now, or say yes if the rest of the day does no harm.",
    ),
    (
        "W_YEAR_FAR",
        "A time is more than a year away from the incident or, where none is stated, from today.",
        "Read the year again, in the source and here; if it is right, say yes.",
    ),
    (
        "X_ADDRESS_UNLABELLED",
        "An address is to be released without saying which of several it is.",
        "Give the file a label in the plan: where bills go, where the line ends, or what was registered.",
    ),
    (
        "X_EXHIBIT_CHANGED",
        "The exhibit that the identifier was lifted from is gone, is another file, or says something else there.",
        "Find the file as it was, or lift the identifier again and compare.",
    ),
)
# rule, what happened, what to do next
RULES: Final[tuple[tuple[str, str, str], ...]] = (
    (
        "ADDRESS_PRIVATE",
        "The address is one that many networks use inside; on the Internet it is nobody's.",
        "Look for the public address in the source; ask the other side which one it saw.",
    ),
    (
        "CHAIN_UNKNOWN",
        "No checksum is known for this chain, so a wrong character would not be noticed.",
        "Lift the address from an exhibit, or compare it twice.",
    ),
    (
        "COUNTRY_CODE_UNASSIGNED",
        "The number begins with a country code that no country has.",
        "Read the number again; a national number needs its country code.",
    ),
    (
        "DST_AMBIGUOUS",
        "This local time occurred twice, because clocks went back that night.",
        "State the offset that is meant, such as +01:00 or +02:00.",
    ),
    (
        "DST_GAP",
        "This local time never was, because clocks went forward that night.",
        "Look at the source again, and state an offset or UTC.",
    ),
    (
        "EXHIBIT.ONE_VALUE",
        "At that place stands no value of this type, or more than one.",
        "Name a narrower place, or the right type.",
    ),
    (
        "EXHIBIT.SHA256",
        "The exhibit is not the file that it was: its digest differs.",
        "Find the file as it was; if it was changed on purpose, lift the identifier again.",
    ),
    (
        "IBAN_COUNTRY",
        "The account number does not have the form that its country gives them.",
        "Compare it with the source; its check digits are right.",
    ),
    (
        "IDNA_LABEL",
        "A part of the domain name is none that the rules for international names allow.",
        "Compare it with the source; few such names exist.",
    ),
    (
        "MAC_RANDOMISED",
        "The address is a random one, as telephones make them up for each network.",
        "It will hardly be known to anybody else; look for another identifier.",
    ),
    (
        "NUMBER_PLAN_LENGTH",
        "The number is longer or shorter than numbers of its country are: a digit is missing or too many.",
        "Count the digits in the source and here.",
    ),
    (
        "OBSERVED_AT_CGNAT",
        "The provider puts many customers behind one address, and the moment at which it was seen is missing.",
        "Add the moment, to the second, with its zone.",
    ),
    (
        "OBSERVED_FUTURE",
        "Something is said to have been seen at a moment that has not come yet.",
        "Correct the date; this cannot be right.",
    ),
    (
        "PORT_AT_CGNAT",
        "The provider puts many customers behind one address, and this address comes without a port.",
        "Use the type with a port; without one, everybody behind the address would be named.",
    ),
    (
        "VIN_CHECK_DIGIT",
        "The vehicle number does not have the check character that its continent demands.",
        "Compare it with the source; a character is likely wrong.",
    ),
    (
        "WINDOW_FUTURE",
        "The window begins in the future.",
        "Correct the date; what will be stored later cannot be asked for.",
    ),
    (
        "WITHOUT_CHECKSUM",
        "The address was written without its checksum, so a wrong character would not be noticed.",
        "Use the spelling with capital and small letters, or lift it from an exhibit.",
    ),
    (
        "WORLD_READABLE",
        "The request concerns a victim, and other users of this machine can read that place.",
        "Name a place that only you may read.",
    ),
    (
        "TEMPLATE.CODED",
        "A template holds only codes of the law, ids, and names of your book; here stands something else.",
        "Leave it out; what belongs to a case is asked when a draft is made.",
    ),
    (
        "TEMPLATE.NAME",
        "A template's name is lower-case letters, digits and hyphens, forty at most.",
        "Choose another name; see `rogatory request template list`.",
    ),
)
