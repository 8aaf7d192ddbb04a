# SPDX-License-Identifier: Apache-2.0
"""`rogatory request bundle` writes one file about a request, `rogatory verify` checks it anywhere, without a network.

Verifying needs no profile and no key and gives one of three verdicts. What is in a bundle and what is checked is
`rogatory.client.bundle`'s matter, not this file's.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from rogatory.client.bundle import BundleInfo, write_bundle
from rogatory.client.bundle_check import Verdict, verify_bundle
from rogatory.client.cli.answer_commands import REQUEST
from rogatory.client.cli.command import call, command
from rogatory.client.cli.exits import Exit
from rogatory.client.cli.letters import check_letter
from rogatory.client.cli.references import request_id
from rogatory.client.cli.render.bundle import bundle_tree, bundle_verdict_tree
from rogatory.client.cli.request_commands import app
from rogatory.client.cli.results_bundle import BundleResult, BundleVerdictResult, CheckResult
from rogatory.client.cli.results_log import reasons
from rogatory.client.cli.session import Run, UsageError, check_named
from rogatory.client.cli.verdicts import ROOT, judge
from rogatory.client.session import Session


@command(app, "bundle", prefix="request")
def bundle(
    run: Run,
    request: REQUEST,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The bundle to write.")],
) -> Exit | None:
    """Write one file that anybody can verify without a network: statements, proofs, and what you opened.

    It holds in clear what you could open. Give it only to those who may read that.

    Examples:
      rogatory request bundle 0199ab -o exhibit-7.bundle
      rogatory verify exhibit-7.bundle --root FINGERPRINT
    """
    if os.path.lexists(output):
        raise UsageError("There is such a file already; bundles are not overwritten.", "--output", "NEW")

    async def work(session: Session) -> BundleInfo:
        wanted = await request_id(session, request)
        with run.output.progress("writing the bundle") as report:
            return await write_bundle(session, wanted, output, progress=report)

    info = call(run, work, secrets=True)
    result = BundleResult(str(info.path), info.members, info.length)
    run.output.result(run.command, result, bundle_tree(result))
    return None


def register(app: typer.Typer) -> None:
    """Add the command to the root."""

    @command(app, "verify")
    def verify(
        run: Run,
        bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="File written by `request bundle`.")],
        root: ROOT = "",
        letter: Annotated[
            bool, typer.Option("--letter", help="The file is a letter, written by `request letter`.")
        ] = False,
    ) -> Exit | None:
        """Verify a bundle without a network: signatures, law, log proofs, seals, and the files inside.

        With --letter an order that was printed for a provider outside the exchange: the order that the page carries, and that
        the page says what the order says, byte for byte.

        Ends with 0 VERIFIED, 8 CONSISTENT BUT NOT ANCHORED (no --root and no profile), 7 FAILED.

        Examples:
          rogatory verify exhibit-7.bundle --root 3f9c...
          rogatory verify exhibit-7.bundle --json
          rogatory verify order.html --letter --root 3f9c...
        """
        check_named(bundle, "BUNDLE")
        if letter:
            return judge(
                run, root, lambda pinned, _: _verdict(check_letter(bundle, pinned)), bundle_verdict_tree
            )
        return judge(
            run,
            root,
            lambda pinned, report: _verdict(verify_bundle(bundle, pinned, progress=report)),
            bundle_verdict_tree,
        )


def _verdict(found: Verdict) -> BundleVerdictResult:
    """Return a verdict on a bundle as a result."""
    return BundleVerdictResult(
        str(found.verdict),
        found.realm,
        found.request_id,
        found.state.name.name if found.state is not None else "",
        tuple(CheckResult(item.name, item.count) for item in found.checks),
        reasons(found.reasons),
    )
