# SPDX-License-Identifier: Apache-2.0
"""docs/acceptance.md lists every acceptance statement of the regimes with its test and its rule. It runs none of them.

If this fails, print the page again: `python -m tests.support.acceptance`.
"""

from __future__ import annotations

from tests.support.acceptance import COUNT, PAGE, RULES, numbered, page


def test_every_statement_has_a_test_that_carries_its_number_and_a_rule_that_enforces_it() -> None:
    assert set(numbered()) == set(range(1, COUNT + 1))
    assert set(RULES) == set(numbered())


def test_the_page_is_what_the_tests_say() -> None:
    assert PAGE.read_text("utf-8") == page()
