# SPDX-License-Identifier: Apache-2.0
"""Bundles and their verdicts as trees. The verdict is the first line, in words, and nothing is judged here."""

from __future__ import annotations

from rogatory.client.cli.render.audit import reason_section
from rogatory.client.cli.render.state import code_row
from rogatory.client.cli.render.tree import Section, bytes_row, text_row
from rogatory.client.cli.results_bundle import BundleResult, BundleVerdictResult
from rogatory.client.cli.verdicts import WORDS


def bundle_tree(found: BundleResult) -> Section:
    """Return a bundle that was written."""
    return Section(
        "Bundle",
        (
            text_row("file", found.path),
            text_row("members", str(found.members)),
            text_row("length", f"{found.length} bytes"),
        ),
    )


def bundle_verdict_tree(found: BundleVerdictResult) -> Section:
    """Return the verdict on a bundle."""
    return Section(
        f"Bundle: {WORDS[found.verdict][0]}",
        (
            bytes_row("realm", found.realm),
            bytes_row("request", found.request_id),
            code_row("state", found.state),
            *(text_row(item.name, f"{item.count} checked") for item in found.checks),
            *(reason_section(item) for item in found.reasons),
        ),
    )
