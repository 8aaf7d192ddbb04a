# SPDX-License-Identifier: Apache-2.0
"""Trees of regime packs: a list, one pack, and what is wrong with files. They show and decide nothing."""

from __future__ import annotations

from rogatory.client.cli.catalogue import sentence
from rogatory.client.cli.render.tree import Row, Section, bytes_row, list_row, text_row
from rogatory.client.cli.results_law import (
    PackLintResult,
    PackPublishedResult,
    PackReplayResult,
    PackResult,
    PackSignedResult,
    PacksResult,
    PackSummary,
)
from rogatory.protocol.pack import Pack


def packs_tree(result: PacksResult, *, shipped: bool) -> Section:
    """Return a list of packs."""
    title = "Regime packs that ship (signed by nobody)" if shipped else "Regime packs of the realm, verified"
    return Section(title, tuple(Section(_name(item), _summary(item)) for item in result.packs))


def pack_tree(result: PackResult) -> Section:
    """Return one pack, with what is not confirmed before everything else."""
    rules = tuple(
        Section(
            item.id, (text_row("says", item.text), text_row("basis", item.basis), text_row("code", item.code))
        )
        for item in result.rules
    )
    examples = tuple(
        text_row(
            item.id, item.gives, item.shows if item.gives == item.states else "differs from what it states"
        )
        for item in result.examples
    )
    doubt = (list_row("not confirmed in the official text", result.unverified),) if result.unverified else ()
    return Section(
        _name(result.pack),
        (
            *doubt,
            *_slot(result.signature),
            *_summary(result.pack),
            Section("Deadlines", tuple(text_row(*_split(line)) for line in result.deadlines)),
            Section("Rules", rules),
            Section("Examples", examples),
        ),
    )


def _slot(level: str) -> tuple[Row, ...]:
    words = "the law asks for one; none is made or verified here, and its place stays empty"
    return (text_row("signature", level, words),) if level else ()


def doubt_sections(pack: Pack, level: str) -> tuple[Section, ...]:
    """Return what a signer should know of the law before signing; nothing where there is nothing to say.

    Args:
        pack: The law.
        level: Level of signature that it asks for on this act, which the one made here has not; empty for none.
    """
    rows = []
    if pack.unverified:
        name = f"{pack.pack_id}.v{pack.pack_version}"
        words = (
            f"points of this law were not confirmed in the official text; rogatory directory pack show {name}"
        )
        rows.append(text_row("not confirmed", str(len(pack.unverified)), words))
    if level:
        words = "this law asks for one on this act; what is signed here is none, and its place stays empty"
        rows.append(text_row(f"{level.lower()} signature", "missing", words))
    return (Section("The law behind it", tuple(rows)),) if rows else ()


def pack_lint_tree(result: PackLintResult) -> Section:
    """Return what is wrong with pack files."""
    if not result.findings:
        return Section("Nothing is wrong", (text_row("files", str(result.files)),))
    rows = tuple(
        Section(
            f"{item.file}:{item.line}",
            (
                text_row("where", item.path),
                text_row("rule", item.rule),
                text_row("code", item.code, sentence(item.code).what),
            ),
        )
        for item in result.findings
    )
    return Section("These packs do not load", rows)


def pack_signed_tree(result: PackSignedResult) -> Section:
    """Return what was signed."""
    rows = (
        text_row("file", result.path),
        bytes_row("pack", result.digest),
        text_row("signatures", str(result.signatures), "the root says how many it needs"),
    )
    return Section("Signed", rows)


def pack_published_tree(result: PackPublishedResult) -> Section:
    """Return where a pack or recall stands in the log."""
    return Section("In the log", (text_row("kind", result.kind), text_row("index", str(result.index))))


def pack_replay_tree(result: PackReplayResult) -> Section:
    """Return what a draft says to requests."""
    rows = tuple(text_row(item.request_id.hex(), item.draft, item.rule) for item in result.requests)
    counts = (text_row("granted", str(result.granted)), text_row("refused", str(result.refused)))
    return Section(
        f"Under {result.pack_id} version {result.pack_version}", (*counts, Section("Requests", rows))
    )


def _name(pack: PackSummary) -> str:
    return f"{pack.pack_id} version {pack.pack_version}"


def _summary(pack: PackSummary) -> tuple[Row, ...]:
    return (
        text_row("what", pack.title),
        text_row("basis", pack.basis),
        text_row("marking", pack.marking),
        text_row("in force", f"since {pack.since}" if pack.since else "no"),
        list_row("kinds", pack.kinds),
        bytes_row("digest", pack.digest),
        text_row("points not confirmed", str(pack.unverified)),
    )


def _split(line: str) -> tuple[str, str]:
    name, _, words = line.partition(": ")
    return name, words
