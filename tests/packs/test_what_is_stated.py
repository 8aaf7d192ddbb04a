# SPDX-License-Identifier: Apache-2.0
"""What a pack may want stated: the language of a request, and a yes that an authority gave by word of mouth.

With a small law of the test's own; no shipped pack lists languages or lets an authority say yes by word of mouth.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from rogatory.protocol.errors import Refused
from rogatory.protocol.header import Fact, Task
from rogatory.protocol.pack import Asked, Pack, Standing, checklist, findings, judge, load_pack
from rogatory.protocol.statements import RequestKind

TINY = (Path(__file__).parent / "tiny.yaml").read_text("utf-8")
FACTS = "  person.role: {values: [SUSPECT, VICTIM]}\n"
STATED = "  language: {values: [DE, EN, FR]}\n" + FACTS + "  validation: {values: [EX_POST, ORAL]}\n"
DAY = 20_500


def law(*lines: str) -> Pack:
    text = TINY.replace(FACTS, STATED, 1).replace("sections:\n", "".join(lines) + "sections:\n", 1)
    if any(line.startswith("languages") for line in lines):
        text = text.replace(
            "facts: {person.role: [SUSPECT]}", "facts: {language: [DE], person.role: [SUSPECT]}"
        )
    return load_pack(text.encode())


def asked(*facts: Fact, element: str = "name", role: str = "INVESTIGATOR") -> Asked:
    stated = tuple(sorted((Fact("person.role", ("SUSPECT",)), *facts), key=lambda fact: fact.code))
    task = Task(1, "email", bytes(32), (element,), "EVIDENCE", DAY - 9, DAY - 2)
    return Asked(RequestKind.DISCLOSURE, "TINY", role, stated, (task,), True, True, DAY, "XA", "XB")


def refused(pack: Pack, request: Asked) -> tuple[str, str]:
    with pytest.raises(Refused) as caught:
        judge(pack, request)
    return caught.value.code, caught.value.rule


@pytest.mark.parametrize("languages", [(), ("FR",), ("EN", "FR")])
def test_a_request_states_a_language_that_the_law_takes(languages: tuple[str, ...]) -> None:
    pack = law("languages: [DE, EN]\n")
    request = asked(*([Fact("language", languages)] if languages else []))
    if "EN" in languages:
        assert judge(pack, request).standing is Standing.VALIDATED_BEFORE
    else:
        assert refused(pack, request) == ("X_LANGUAGE_NOT_ACCEPTED", pack.rule("languages"))
    passed = {check.rule: check.passed for check in checklist(pack, request)}
    assert passed[pack.rule("languages")] is ("EN" in languages)


def test_where_the_law_says_nothing_of_languages_none_is_needed() -> None:
    assert judge(law(), asked()).standing is Standing.VALIDATED_BEFORE


def test_a_yes_by_word_of_mouth_counts_only_where_the_law_lets_it_and_is_owed_in_writing() -> None:
    said = Fact("validation", ("ORAL",))
    off, on = law(), law("oral_validation: true\n")
    assert refused(off, asked(said)) == ("X_VALIDATION_MISSING", off.rule("oral_validation"))
    assert judge(on, asked(said)).standing is Standing.VALIDATED_AFTER
    # Not beyond what may be validated afterwards at all, and not for who needs nobody's yes.
    beyond = {found.code for found in findings(on, asked(said, element="mailbox"))}
    assert "X_EX_POST_NOT_ALLOWED_FOR_CATEGORY" in beyond
    assert judge(on, asked(said, role="JUDGE")).standing is Standing.ALONE


def test_without_word_of_mouth_only_an_emergency_is_validated_afterwards() -> None:
    pack = law("oral_validation: true\n")
    assert refused(pack, asked(Fact("validation", ("EX_POST",))))[0] == "X_VALIDATION_MISSING"
