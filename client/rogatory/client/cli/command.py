# SPDX-License-Identifier: Apache-2.0
"""How a function becomes a command: common options, one way to fail, one way to call the SDK.

Every command takes --json, --plain, --profile and --passphrase-file, those that sign --yes too. The decorated function
gets a `Run` and its own parameters, and returns an exit code (or None for 0). All errors end here, as a code and a
sentence; a stack trace would show values and is for developers, who ask with ROGATORY_TRACE. No command is defined here.
"""

from __future__ import annotations

import asyncio
import errno
import inspect
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import typer

from rogatory.audit.errors import FileRefused
from rogatory.client.cli.catalogue import sentence
from rogatory.client.cli.exits import Exit
from rogatory.client.cli.flushing import flush_before
from rogatory.client.cli.output import Output
from rogatory.client.cli.rehearsal import arm_failpoints
from rogatory.client.cli.session import ENV_PROFILE, Aborted, Run, UsageError
from rogatory.client.private_files import refusal
from rogatory.client.profile import Profile
from rogatory.client.session import Session, open_session
from rogatory.protocol import errors
from rogatory.protocol.errors import Refused, RogatoryError, Unavailable
from rogatory.protocol.ids import SystemClock

T = TypeVar("T")
Function = Callable[..., Exit | None]
# Another command is soon done, unless it waits for a person or runs as a service.
PATIENCE_SECONDS: Final = 10.0

_JSON = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]
_PLAIN = Annotated[bool, typer.Option("--plain", help="For screen readers: no columns, colours or bars.")]
_PROFILE = Annotated[
    str, typer.Option("--profile", metavar="DIR|NAME", help=f"Whose profile; else {ENV_PROFILE}.")
]
_PASSPHRASE = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file", metavar="FILE", envvar="ROGATORY_PASSPHRASE_FILE", help="Else it is asked for."
    ),
]
_YES = Annotated[bool, typer.Option("--yes", help="Sign without asking, where that is allowed.")]
_COMMON: Final = {"json_output": _JSON, "plain": _PLAIN, "profile": _PROFILE, "passphrase_file": _PASSPHRASE}
_DEFAULTS: Final = {
    "json_output": False,
    "plain": False,
    "profile": "",
    "passphrase_file": None,
    "yes": False,
}


def group(name: str, help_text: str) -> typer.Typer:
    """Return an empty group of commands."""
    return typer.Typer(
        name=name, help=help_text, no_args_is_help=True, rich_markup_mode=None, add_completion=False
    )


def command(
    app: typer.Typer, name: str, *, prefix: str = "", signs: bool = False
) -> Callable[[Function], Function]:
    """Register a function as a command of a group.

    Args:
        app: The group, or the root.
        name: The command's own word.
        prefix: The group's word; empty for a command of the root.
        signs: Whether it asks before it signs, so that --yes makes sense.
    """
    full = f"{prefix} {name}".strip()
    common = {**_COMMON, "yes": _YES} if signs else dict(_COMMON)

    def register(function: Function) -> Function:
        def invoke(**given: Any) -> None:  # noqa: ANN401 - parameters of any command
            taken = {key: given.pop(key) for key in common}
            run = Run(
                command=full,
                output=Output(json=taken["json_output"], plain=taken["plain"]),
                profile_text=taken["profile"],
                passphrase_file=taken["passphrase_file"],
                yes=taken.get("yes", False),
            )
            raise typer.Exit(int(guarded(run, lambda: function(run, **given))))

        own = inspect.signature(function, eval_str=True)
        parameters = [item for item in own.parameters.values() if item.name != "run"]
        for key, hint in common.items():
            parameters.append(
                inspect.Parameter(
                    key, inspect.Parameter.KEYWORD_ONLY, annotation=hint, default=_DEFAULTS[key]
                )
            )
        keywords = [item.replace(kind=inspect.Parameter.KEYWORD_ONLY) for item in parameters]
        vars(invoke)["__signature__"] = inspect.Signature(keywords)  # what typer reads
        invoke.__annotations__ = {item.name: item.annotation for item in keywords}
        invoke.__doc__ = _help(function)
        app.command(name)(invoke)
        return function

    return register


def _help(function: Function) -> str:
    """Return a docstring as help; the examples in it keep their lines (that is what the backspace means to typer)."""
    return inspect.cleandoc(function.__doc__ or "").replace("\n\nExamples:\n", "\n\n\b\nExamples:\n")


def guarded(run: Run, work: Callable[[], Exit | None]) -> Exit:
    """Do the work of a command and turn every way to fail into an exit code and a sentence."""
    try:
        return work() or Exit.OK
    except KeyboardInterrupt:
        return run.output.usage(
            run.command, "Interrupted. What was signed before waits in the outbox.", "", "INTERRUPTED"
        )
    except BrokenPipeError:
        # The reader of our output has seen enough (`| head`); what was done is done, and nobody is left to tell.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - lives as long as the process
        return Exit.OK
    except Exception as error:
        if os.environ.get("ROGATORY_TRACE") and not isinstance(error, UsageError | Aborted):
            raise
        return _failed(run, error)


def _failed(run: Run, error: Exception) -> Exit:
    """Say what went wrong; of a fault of ours only its name, since its text could hold a value."""
    if isinstance(error, FileRefused):
        error = refusal(error, "file")
    if isinstance(error, RogatoryError):
        return run.output.error(run.command, error)
    if isinstance(error, UsageError):
        return run.output.usage(run.command, str(error), error.field, error.rule)
    if isinstance(error, Aborted):
        return run.output.usage(run.command, str(error), "answer", "AGREED")
    if isinstance(error, EOFError):
        return run.output.usage(
            run.command,
            "The input ended before an answer, so nothing was signed or sent.",
            "answer",
            "PRESENT",
        )
    if isinstance(error, OSError):
        rule = f"SYSTEM.{errno.errorcode.get(error.errno or 0, 'OTHER')}"
        said = f"A file or folder cannot be used ({error.strerror})."
        return run.output.usage(run.command, said, "file", rule)
    return run.output.fault(run.command, type(error).__name__)


def call(
    run: Run,
    work: Callable[[Session], Awaitable[T]],
    *,
    secrets: bool = False,
    online: bool = True,
    fallback: bool = False,
    flush: bool = True,
) -> T:
    """Open the profile and a session, and do one thing with it.

    Args:
        run: The run.
        work: What to do; usually one call of the SDK.
        secrets: Ask for the passphrase first, because something is opened or signed.
        online: Connect to the exchange and bring the verified state up to date.
        fallback: Where the exchange cannot be reached, work from what is stored and say so.
        flush: Send what waits in the outbox first, where the exchange is reached.

    Raises:
        RogatoryError: Whatever the SDK raises.
    """
    profile = run.profile()
    unlocked = run.unlock(profile) if secrets else None

    def waiting() -> None:
        run.output.say("Another command is using this profile; waiting for it.")

    async def main() -> T:
        async with open_session(
            profile, unlocked, online=online, patience=PATIENCE_SECONDS, on_wait=waiting
        ) as session:
            if online and not session.online:
                why = _unreached(profile)
                if not fallback:
                    raise why
                if why.code == errors.X_EXPIRED:
                    run.output.say(sentence(why.code, why.rule).what)
                run.output.say("The exchange cannot be reached; working from what is stored here.")
            arm_failpoints(lambda: session.exchange.scheme.root.marking)
            if session.online and flush:
                await flush_before(run, session)
            return await work(session)

    try:
        return asyncio.run(main())
    except Unavailable as error:
        if error.rule != "TRANSPORT":
            raise
        raise _unreached(profile) from error


def _unreached(profile: Profile) -> RogatoryError:
    """Why the exchange is not reached: a certificate out of its term looks like a network that is down."""
    if profile.certificate_in_term(SystemClock().now_ms()):
        return Unavailable(errors.X_TRANSIENT, "", "TRANSPORT")
    return Refused(errors.X_EXPIRED, "profile.tls.cert", "CERTIFICATE.TERM")
