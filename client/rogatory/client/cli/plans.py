# SPDX-License-Identifier: Apache-2.0
"""What is disclosed, or what came another way, as a command line states it: a plan as JSON, or one file with its options.

Whether it fits what was granted is not known here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rogatory.client.cli.draft_input import load_json
from rogatory.client.cli.session import Run, UsageError
from rogatory.client.disclosing import DisclosurePlan, PlanItem, plan_from_json
from rogatory.client.drafts import DraftInstant
from rogatory.protocol.errors import Invalid

FILE_FORMAT = Annotated[
    str,
    typer.Option("--format", metavar="FORMAT", help="RADIUS_DETAIL, CGNAT_SYSLOG, MBOX, RECORDS or OPAQUE."),
]


def plan_of(
    run: Run,
    source: str,
    file: Path | None,
    task: int,
    element: str,
    file_format: str,
    media_type: str,
    since: str,
    until: str,
    words: str,
) -> DisclosurePlan:
    """Return the plan from --plan, from --file, or an empty one where only outcomes are stated.

    Raises:
        UsageError: Both are given, half of one, or what is no plan.
    """
    if source and file is not None:
        raise UsageError("Use --plan or --file, not both.", "--plan", "ONE_OF")
    if source:
        base = Path.cwd() if source == "-" else Path(source).parent
        try:
            return plan_from_json(load_json(source, run.stdin, "--plan"), base)
        except Invalid as error:
            raise UsageError(
                f"This is not a plan at {error.field} ({error.rule}).", error.field, error.rule
            ) from error
    if file is None:
        return DisclosurePlan((), {}, words)
    if not task or not element:
        raise UsageError("Say which --task and --element the file answers.", "--task", "PRESENT")
    item = PlanItem(
        path=file,
        task=task,
        element=element,
        format=file_format,
        media_type=media_type,
        since=DraftInstant(since) if since else None,
        until=DraftInstant(until) if until else None,
    )
    return DisclosurePlan((item,), {}, words)
