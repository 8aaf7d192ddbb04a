# SPDX-License-Identifier: Apache-2.0
"""Results of the commands about regime packs, as they are written with `--json`. They decide nothing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PackSummary:
    """A pack in a list; ``since`` is empty where it is not in force, ``unverified`` counts marks."""

    pack_id: str
    pack_version: int
    title: str
    basis: str
    marking: str
    since: str
    digest: bytes
    kinds: tuple[str, ...]
    unverified: int


@dataclass(frozen=True, slots=True)
class PacksResult:
    """Packs, by id and version."""

    packs: tuple[PackSummary, ...]


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """An example of a pack with the outcome that it states and the one that it gives."""

    id: str
    shows: str
    kind: str
    role: str
    states: str
    gives: str
    rule: str


@dataclass(frozen=True, slots=True)
class RuleResult:
    """A rule that no table can say."""

    kind: str
    id: str
    code: str
    basis: str
    text: str


@dataclass(frozen=True, slots=True)
class PackResult:
    """One pack: summary, what was not confirmed in the official text (paths), rules, deadlines, examples.

    ``signature`` is the level that the law asks for and that no signature made here has; empty for none.
    """

    pack: PackSummary
    unverified: tuple[str, ...]
    signature: str
    deadlines: tuple[str, ...]
    rules: tuple[RuleResult, ...]
    examples: tuple[ExampleResult, ...]


@dataclass(frozen=True, slots=True)
class PackFinding:
    """What is wrong with a pack file: file, line from 1, path in the file, rule, code."""

    file: str
    line: int
    path: str
    rule: str
    code: str


@dataclass(frozen=True, slots=True)
class PackLintResult:
    """How many files were looked at, and everything that is wrong with them."""

    files: int
    findings: tuple[PackFinding, ...]


@dataclass(frozen=True, slots=True)
class PackSignedResult:
    """A pack or recall as a quorum file: where, of which pack, how many signatures it has."""

    path: str
    digest: bytes
    signatures: int


@dataclass(frozen=True, slots=True)
class PackPublishedResult:
    """A pack or recall that is in the log."""

    kind: str
    index: int


@dataclass(frozen=True, slots=True)
class TriedResult:
    """A request under a draft: GRANTED or the code of the refusal, and the rule."""

    request_id: bytes
    draft: str
    rule: str


@dataclass(frozen=True, slots=True)
class PackReplayResult:
    """What a draft says to the requests that this profile sees."""

    pack_id: str
    pack_version: int
    granted: int
    refused: int
    requests: tuple[TriedResult, ...]
