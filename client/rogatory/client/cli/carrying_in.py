# SPDX-License-Identifier: Apache-2.0
"""`provider receive FILE --offline`: a request that came as a file, checked, confirmed by telephone, and signed for.

Apart from the other commands of carry files, because it is an option of one of the provider's. What is signed waits; nothing is
sent here.
"""

from __future__ import annotations

from pathlib import Path

from rogatory.client import provider
from rogatory.client.carry_check import check_carried, take_in
from rogatory.client.cli.command import call
from rogatory.client.cli.render.carry import taken_section, taken_tree
from rogatory.client.cli.render.tree import Section
from rogatory.client.cli.results import SentResult, sent_result
from rogatory.client.cli.results_carry import TakenResult, taken_result
from rogatory.client.cli.session import Run, check_named
from rogatory.client.cli.signing import picture, session_names, word_for
from rogatory.client.outgoing import Sent, sign_and_keep
from rogatory.client.session import Session


def receive_offline(run: Run, file: Path) -> None:
    """`provider receive FILE --offline`: check the file, show it with the code, sign `delivered` and `receive`, keep both."""
    check_named(file, "REQUEST")

    async def work(session: Session) -> TakenResult:
        taken = await check_carried(session, file)
        prepared = provider.prepare_received(session, taken.view, taken.opened)
        before = taken_result(session, taken, ())
        names = session_names(session)
        tree = picture(prepared[-1], names)
        run.confirm(
            Section(tree.title, (taken_section(before, names), *tree.items)),
            "Did the agency, called at this number, read the same code? Sign that you have read this request?",
            word=word_for(prepared[-1]),
        )
        take_in(session, taken)
        signed: list[SentResult] = []
        for item in prepared:
            sign_and_keep(session, item)
            signed.append(sent_result(item, Sent(item.request_id, queued=True, receipt_saved=False)))
        return taken_result(session, taken, tuple(signed))

    result = call(run, work, secrets=True, online=False)
    run.output.result(run.command, result, taken_tree(result))
