# SPDX-License-Identifier: Apache-2.0
"""The page that lists the regimes' acceptance statements with the test of each and the rule that enforces it.

Printed by ``python -m tests.support.acceptance``; a test holds page, table and tests together. It judges no law.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.support.project import ROOT

PAGE = ROOT / "docs" / "acceptance.md"
TESTS = ROOT / "tests" / "regimes"
COUNT = 52
# number: what enforces it, as pack path, table of the lifecycle, or module
RULES: dict[int, str] = {
    1: "pack `authority/2/validate`", 2: "pack `authority/2/validate`", 3: "pack `authority/1/validate`",
    4: "`law.Pack.strictest`", 5: "pack `authority/2/ex_post`", 6: "pack `authority/1/ex_post`",
    7: "clock `ex_post_validation`", 8: "pack `kinds/PRESERVATION/authority/2`", 9: "pack `threshold/2/offence`",
    10: "pack `threshold/1/sentence`, `threshold/2/offence`", 11: "pack `elements`", 12: "pack `sections`",
    13: "pack `sections`, rule SECTION.RECIPIENTS", 14: "pack `required_facts`", 15: "pack rule `emergency-is-reasoned`",
    16: "rule STORED_DATA_ONLY", 17: "rule DIRECTORY.PROVIDER", 18: "pack `identifiers`, bulk types",
    19: "`identifier_types`; a provider's signed catalogue", 20: "pack `deadlines/produce`", 21: "hold EA_REVIEW, clock `enforcing_authority`",
    22: "pack `suspensive_in_emergency`, `deadlines/enforcing_authority`", 23: "pack `notify_enforcing_authority`",
    24: "clock `preserve`, pack `release_after`", 25: "pack `extension`", 26: "kind `hold`, pack `extension/holds`",
    27: "pack `deadlines/clarification/on_silence`", 28: "pack `objections`, `deadlines/objection`",
    29: "`reviewing.refuse_by_authority`", 30: "rule CONSULTED_BEFORE", 31: "pack rule `dual-criminality`",
    32: "table of the lifecycle: `object` changes no state", 33: "`scope.check_scope` at the agency",
    34: "table of the lifecycle: WITHDRAWN takes no `disclose`", 35: "pack `us.sca.2703f`", 36: "pack `authority/2/validate`",
    37: "pack `coe.budapest.29-30`, `required_facts`", 38: "pack `coe.cets224.7`: `in_force`, `categories`, `reservations`",
    39: "pack `cloud.us-uk`", 40: "pinned pack digest", 41: "`engine.rejecting`, one transaction",
    42: "slots 3, 4, 14 of a read's entry", 43: "identifier commitments, keyed", 44: "RFC 6962 consistency proofs",
    45: "`art28`, slots 1 and 15", 46: "kind `erase`, `engine.erasing`, the vault", 47: "order of the fold, statement ids at the exchange", 48: "rule ORDER",
    49: "rule LIFECYCLE.EXISTS", 50: "flag REDUCED_DISTRIBUTION, rule GROUND_STATED", 51: "pack `user_information`, clock `notice`",
    52: "kind `transmit_outside`",
}  # fmt: skip
_HEAD = """# Acceptance statements of the regimes

Printed by `python -m tests.support.acceptance`; a test holds page and tests together. Each statement has a test that carries its
number; several cases of one statement are one line.

| no. | test | enforced by |
|---|---|---|
"""


def numbered() -> dict[int, list[str]]:
    """Returns the tests by number, as `file::test`."""
    found: dict[int, list[str]] = {}
    for path in sorted(TESTS.glob("test_regime_acceptance*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                match = re.match(r"test_(\d\d)_", node.name)
                if match:
                    found.setdefault(int(match[1]), []).append(f"{path.name}::{node.name}")
    return found


def page() -> str:
    """Returns the text of the page."""
    rows = [
        f"| {number} | {'<br>'.join(f'`{name}`' for name in tests)} | {RULES.get(number, '-')} |"
        for number, tests in sorted(numbered().items())
    ]
    return _HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    Path(PAGE).write_text(page(), encoding="utf-8", newline="\n")
