# SPDX-License-Identifier: Apache-2.0
"""Every stable code has its sentence, and no sentence can carry a value. Wording is not judged here."""

from rogatory.client.cli.catalogue import CATALOGUE, CODES, RULES, meaning, sentence
from rogatory.client.cli.catalogue_facts import FACTS, PLAIN
from rogatory.client.drafting import GROUNDS_EMPTY
from rogatory.client.pack_library import shipped_packs
from rogatory.protocol import errors
from rogatory.protocol.aftermath import COST, ERROR, ERROR_TERM, NOTICE
from rogatory.protocol.pack import load_pack
from rogatory.protocol.plausibility import CODES as QUESTIONS
from rogatory.protocol.state import Flag, HoldName, StateName
from rogatory.protocol.statements import SCOPE_REPORTS
from rogatory.protocol.terms import EX_POST


def test_every_code_of_the_protocol_has_a_sentence_and_no_sentence_lacks_a_code() -> None:
    assert set(CATALOGUE) == errors.CODES | QUESTIONS | {GROUNDS_EMPTY.code}


def test_every_code_of_the_packs_and_of_the_fold_is_said_in_words() -> None:
    codes = set(StateName.__members__) | set(SCOPE_REPORTS)
    for data in shipped_packs().values():
        pack = load_pack(data)
        codes |= {code for group in (*pack.refusal.values(), *pack.outcomes.values()) for code in group}
        codes |= {*pack.withdrawal, *pack.taking_back, *pack.questions, *pack.objections}
        codes |= {f"duty.{name}" for rules in pack.kinds.values() for name in rules.deadlines}
    codes |= {f"flag.{flag.value}" for flag in Flag} | {hold.value for hold in HoldName}
    codes |= {f"debt.{name}" for name in (COST, ERROR)} | {
        f"duty.{name}" for name in (ERROR_TERM, NOTICE, EX_POST)
    }
    assert {code for code in codes if not CODES.get(code)} == set()


def test_every_fact_of_every_pack_and_each_of_its_values_is_said_in_words() -> None:
    unsaid = set()
    for data in shipped_packs().values():
        pack = load_pack(data)
        for code, rule in pack.facts.items():
            unsaid |= {code} - set(CODES)
            unsaid |= {f"{code}.{value}" for value in rule.values if value not in PLAIN} - set(CODES)
        unsaid |= {f"label.{label}" for labels in pack.labels.values() for label in labels} - set(CODES)
    assert unsaid == set()
    assert meaning("RECRUITMENT", "offence.act") != meaning("RECRUITMENT", "offence.ict_phase")


def test_no_words_are_kept_for_a_fact_that_no_pack_has() -> None:
    known: set[str] = set()
    for data in shipped_packs().values():
        pack = load_pack(data)
        known |= {f"label.{label}" for labels in pack.labels.values() for label in labels} | set(pack.facts)
        known |= {f"{code}.{value}" for code, rule in pack.facts.items() for value in rule.values}
    assert {code for code, _words in FACTS} - known == set()


def test_sentences_are_whole_and_hold_no_place_for_a_value() -> None:
    for item in (*CATALOGUE.values(), *RULES.values()):
        for text in (item.what, item.advice):
            assert text.endswith(".")
            assert text[0].isupper() or text.startswith("`")
            assert not set("{}%") & set(text)


def test_a_code_of_a_newer_peer_still_gets_an_answer() -> None:
    assert "does not know" in sentence("X_FROM_THE_FUTURE").what
    assert meaning("FROM_THE_FUTURE") == ""


def test_a_rule_of_the_client_says_more_than_its_code() -> None:
    assert sentence(errors.X_FIELD_MISSING, "SYNCED") == RULES["SYNCED"]
    assert sentence(errors.X_FIELD_MISSING, "PRESENT") == CATALOGUE[errors.X_FIELD_MISSING]


def test_an_outcome_is_not_mistaken_for_the_state_of_the_same_name() -> None:
    assert meaning("DELIVERED", "outcome") != meaning("DELIVERED")
    assert meaning("NO_RECORD", "outcome") == CODES["NO_RECORD"]
