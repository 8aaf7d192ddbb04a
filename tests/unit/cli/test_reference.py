# SPDX-License-Identifier: Apache-2.0
"""The reference pages say what the program says: help of every command, schema of every `--json`, every code.

If this fails, print the pages again: `python -m rogatory.client.cli.reference docs`.
"""

import pytest
from typer.main import get_command

from rogatory.client.cli.main import app
from rogatory.client.cli.reference import PAGES, help_of, leaves
from rogatory.client.cli.schema import RESULTS, schema
from tests.support.project import ROOT

COMMANDS = dict(leaves(get_command(app)))


@pytest.mark.parametrize("name", PAGES)
def test_a_reference_page_says_what_the_program_says(name: str) -> None:
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == PAGES[name]()


def test_every_command_publishes_what_it_writes() -> None:
    assert set(RESULTS) == {" ".join(path) for path in COMMANDS}


@pytest.mark.parametrize("path", sorted(COMMANDS), ids=" ".join)
def test_every_command_has_an_example_and_the_common_options(path: tuple[str, ...]) -> None:
    text = help_of(path, COMMANDS[path])
    assert f"    rogatory {' '.join(path)}" in text
    for option in ("--json", "--plain", "--profile", "--passphrase-file"):
        assert option in text


def test_every_reference_in_the_schema_leads_somewhere() -> None:
    whole = schema()

    def references(node: object) -> set[str]:
        if isinstance(node, dict):
            found = {node["$ref"]} if "$ref" in node else set()
            return found.union(*(references(item) for item in node.values()))
        if isinstance(node, list):
            return set().union(*(references(item) for item in node))
        return set()

    assert references(whole) == {f"#/$defs/{name}" for name in whole["$defs"]}
