# SPDX-License-Identifier: Apache-2.0
"""The enforcing authority, and taking a decision back, on the command line.

`authority ask` and `authority refuse` are the enforcing authority's too; they stand with the other questions and decisions.
Which law wants a notification is not known here.
"""

from __future__ import annotations

from rogatory.client import reviews
from rogatory.client.cli.answer_commands import NOTE, REQUEST
from rogatory.client.cli.authority_commands import CODE
from rogatory.client.cli.authority_commands import app as authority_app
from rogatory.client.cli.command import command
from rogatory.client.cli.exits import Exit
from rogatory.client.cli.question_commands import signed
from rogatory.client.cli.request_commands import app as request_app
from rogatory.client.cli.session import Run


@command(request_app, "notify", prefix="request", signs=True)
def notify(run: Run, request: REQUEST, note: NOTE = "") -> Exit | None:
    """Tell the authority of the provider's State, which the request names. Its clock starts with this.

    Examples:
      rogatory request notify 0199ab
    """
    return signed(run, request, lambda s, r: reviews.prepare_notify(s, r, note=note), offline=True)


@command(authority_app, "no-grounds", prefix="authority", signs=True)
def no_grounds(run: Run, request: REQUEST, note: NOTE = "") -> Exit | None:
    """Say, as the enforcing authority, that you raise no ground for refusal. Delivery is free then.

    Examples:
      rogatory authority no-grounds 0199ab --profile enforcer
    """
    return signed(run, request, lambda s, r: reviews.prepare_no_grounds(s, r, note=note))


@command(authority_app, "rescind", prefix="authority", signs=True)
def rescind(run: Run, request: REQUEST, code: CODE, note: NOTE = "") -> Exit | None:
    """Take your validation back, as long as nothing was delivered. The request ends.

    Examples:
      rogatory authority rescind 0199ab --code CONDITIONS_NOT_MET
    """
    return signed(run, request, lambda s, r: reviews.prepare_rescind(s, r, code, note=note))


@command(authority_app, "annul", prefix="authority", signs=True)
def annul(run: Run, request: REQUEST, code: CODE, note: NOTE = "") -> Exit | None:
    """Quash a request as a judge, at any time. What was delivered must be deleted or restricted.

    Examples:
      rogatory authority annul 0199ab --code QUASHED
    """
    return signed(run, request, lambda s, r: reviews.prepare_annul(s, r, code, note=note))
