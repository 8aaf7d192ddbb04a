# SPDX-License-Identifier: Apache-2.0
"""`rogatory request xray`: before anything is signed, who will see which value of a request.

The answer is computed from the bytes that would be signed (`rogatory.client.xray`); no list is kept by hand, and nothing is sent.
"""

from __future__ import annotations

from rogatory.client.cli.command import call, command
from rogatory.client.cli.exits import Exit
from rogatory.client.cli.pages import HTML, check_page, write_page
from rogatory.client.cli.render.xray import xray_tree
from rogatory.client.cli.request_commands import DRAFT, app, loaded_draft
from rogatory.client.cli.results_desk import XrayResult, xray_result
from rogatory.client.cli.session import Run
from rogatory.client.drafting import prepare_issue
from rogatory.client.session import Session
from rogatory.client.xray import xray


@command(app, "xray", prefix="request")
def xray_command(run: Run, draft: DRAFT, html: HTML = None) -> Exit | None:
    """Show what exchange, authority, provider, oversight and the public will see of a draft, value by value.

    Computed from the bytes that would be signed, the readers of each sealed section and the entry that the exchange must make
    of them. Every value is named, and for each reader from when on: at once, once it is granted, once the log's entry is due,
    or never. Needs no passphrase and sends nothing.

    Examples:
      rogatory request xray 0199ab
      rogatory request xray 0199ab --html who-sees-what.html
    """
    check_page(html)
    loaded = loaded_draft(run.profile(), draft)

    async def work(session: Session) -> XrayResult:
        return xray_result(loaded.request_id, xray(session, prepare_issue(session, loaded)))

    result = call(run, work, fallback=True)
    tree = xray_tree(result)
    write_page(html, tree)
    run.output.result(run.command, result, tree)
    return None
