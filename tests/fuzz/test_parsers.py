# SPDX-License-Identifier: Apache-2.0
"""Every parser against seeded changes of valid inputs: it accepts or raises its own errors, and nothing else.

Five hundred inputs for each target here, fewer for slow ones; `make soak` runs a million. That every parser has a target
is tested by the name of its function, so a parser that is called something else must be added by hand.
"""

from __future__ import annotations

import ast

import pytest

from tests.support.fuzz_all import ALL
from tests.support.fuzz_targets import Finding, Target, run
from tests.support.mutator import LARGEST, mutations
from tests.support.project import python_files, relative, syntax

SEED = 1
INPUTS = 500
# Named like parsers, but what they read comes from the code itself or from a source whose parsers are targets.
OTHERS = {
    "rogatory.audit.mirror": "reads tiles, entries and checkpoints through the parsers of those",
    "rogatory.audit.sqlite": "opens the log's own database",
    "rogatory.server.engine.batch": "cuts openings that the exchange sealed and opened itself",
    "rogatory.client.cli.draft_input": "JSON, handed to the target of drafts",
}


@pytest.mark.parametrize("target", ALL, ids=lambda target: f"{target.module} {target.name}")
def test_a_parser_reads_or_refuses_whatever_comes(target: Target) -> None:
    count = INPUTS // target.slow
    tally = run(target, SEED, count)
    assert tally.inputs == count > 0
    # Readers of somebody's records refuse nothing: what they cannot read becomes a row without a moment.
    assert (tally.accepted == count) is (not target.errors)


@pytest.mark.parametrize("target", ALL, ids=lambda target: f"{target.module} {target.name}")
def test_a_target_starts_from_inputs_that_its_parser_takes(target: Target) -> None:
    valid = target.corpus()
    assert valid
    assert [target.accepts(data) for data in valid] == [True] * len(valid)


def test_names_of_targets_are_their_own() -> None:
    assert len({(target.module, target.name) for target in ALL}) == len(ALL) > 100


def test_every_parser_has_a_target() -> None:
    covered = {f"rogatory.{target.module}" for target in ALL} | set(OTHERS)
    missing = set()
    for path in python_files("proto", "audit", "server", "client"):
        names = {node.name for node in ast.walk(syntax(path)) if isinstance(node, ast.FunctionDef)}
        parses = {
            name for name in names if name.startswith(("parse_", "decode_", "unpack_json", "load_settings"))
        }
        parses |= {name for name in names if name.endswith("_from_json")}
        module = relative(path).split("/", 1)[1].removesuffix(".py").replace("/", ".")
        if parses and module not in covered:
            missing.add(module)
    assert missing == set()


def test_the_same_seed_gives_the_same_inputs_and_another_others() -> None:
    corpus = [b"one valid input", b"another"]
    first = list(mutations("x", 1, corpus, 200))
    assert first == list(mutations("x", 1, corpus, 200))
    assert first[:2] == corpus
    assert len(first) == 200
    assert len(set(first)) > 150
    assert first[2:] != list(mutations("x", 2, corpus, 200))[2:]
    assert max(map(len, first)) <= LARGEST


def test_a_parser_that_lets_another_error_out_is_found() -> None:
    def careless(data: bytes) -> None:
        assert data.decode("ascii")

    target = Target("careless", "nowhere", (), lambda: [b"fine"], careless)
    with pytest.raises(Finding, match=r"^careless: seed 1, round [0-9]+: UnicodeDecodeError$"):
        run(target, SEED, INPUTS)
