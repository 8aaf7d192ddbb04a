# SPDX-License-Identifier: Apache-2.0
"""What one run of a command has in its hands: output, profile, passphrase, and how it asks a person.

Commands get a `Run` and never read the environment, standard input or the terminal themselves. No rule of law is here,
with one exception that is about people: `--yes` never stands for a grant or an emergency (cryptography §5).
"""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TextIO

from rogatory.client.cli.output import Output
from rogatory.client.cli.render.marks import safe
from rogatory.client.cli.render.tree import Section
from rogatory.client.profile import CONFIG, Profile, Secrets

ENV_PROFILE: Final = "ROGATORY_PROFILE"
ENV_HOME: Final = "ROGATORY_HOME"
MAX_FILE: Final = 1024 * 1024  # drafts, plans, passphrases, identifiers; not what is disclosed
MIN_PASSPHRASE: Final = 10


class UsageError(Exception):
    """The command line does not make sense; the text is a sentence of ours."""


class Aborted(Exception):
    """The person said no; nothing was signed or sent."""


@dataclass(slots=True)
class Run:
    """One run: `profile_text` and `passphrase_file` as given on the command line, `yes` as flag."""

    command: str
    output: Output
    profile_text: str = ""
    passphrase_file: Path | None = None
    yes: bool = False
    stdin: TextIO = field(default_factory=lambda: sys.stdin)
    read_secret: Callable[[str], str] = getpass.getpass

    def profile(self) -> Profile:
        """Open the profile that was named.

        Raises:
            UsageError: None was named, or there is none.
            Invalid: It is damaged, or other users may read it.
        """
        path = profile_path(self.profile_text)
        if not (path / CONFIG).is_file():
            raise UsageError("There is no such profile, neither as a folder nor by name.")
        return Profile.open(path)

    def unlock(self, profile: Profile) -> Secrets:
        """Open the profile's key file with the passphrase, from the file named or from the terminal."""
        return profile.unlock(self.passphrase(f"Passphrase of {safe(profile.config.name)}: "))

    def passphrase(self, prompt: str) -> str:
        """Return the passphrase; a line end at the end of a file does not belong to it.

        Raises:
            UsageError: No file, and nobody to ask.
        """
        if self.passphrase_file is not None:
            try:
                text = read_file(self.passphrase_file).decode()
            except UnicodeDecodeError as error:
                raise UsageError("The passphrase file is not UTF-8 text.") from error
            return text.removesuffix("\n").removesuffix("\r")
        if not self.stdin.isatty():
            raise UsageError("There is no terminal to ask for the passphrase: use --passphrase-file.")
        return self.read_secret(prompt)

    def new_passphrase(self) -> str:
        """Return a passphrase for a new key file; typed twice where a person types it.

        Raises:
            UsageError: The two differ, it is too short, or there is nobody to ask.
        """
        first = self.passphrase("New passphrase: ")
        if self.passphrase_file is None and self.read_secret("The same again: ") != first:
            raise UsageError("The two passphrases are not the same.")
        if len(first) < MIN_PASSPHRASE:
            raise UsageError(f"A passphrase needs at least {MIN_PASSPHRASE} characters.")
        return first

    def confirm(self, tree: Section, question: str, *, word: str = "") -> None:
        """Show what will be signed and ask; with a ``word``, only that word typed in full is a yes.

        A word is demanded for what a person must never sign by habit, and then --yes is refused.

        Raises:
            UsageError: --yes where it is not allowed.
            Aborted: The answer is no.
        """
        if word and self.yes:
            raise UsageError(f"--yes is not accepted here: read what is shown and type the word {word}.")
        self.output.show(tree)
        if self.yes:
            return
        asked = f"{question} Type the word {word} to sign: " if word else f"{question} [y/N] "
        self.output.err.write(asked)
        self.output.err.flush()
        answer = self.stdin.readline().strip()
        if not self.stdin.isatty():
            self.output.say("")
        if answer.casefold() != word.casefold() if word else answer.casefold() not in {"y", "yes"}:
            raise Aborted("You did not agree, so nothing was signed or sent.")


def profile_path(text: str) -> Path:
    """Return the directory of a profile given as a path or as a name below the home of profiles.

    Raises:
        UsageError: Neither --profile nor ROGATORY_PROFILE names one.
    """
    named = text or os.environ.get(ENV_PROFILE, "")
    if not named:
        raise UsageError("Which profile? Use --profile DIR or NAME, or set ROGATORY_PROFILE.")
    path = Path(named)
    return path if path.exists() or path.name != named else profiles_home() / named


def profiles_home() -> Path:
    """Return where profiles live that are given by name."""
    home = os.environ.get(ENV_HOME, "")
    return Path(home) if home else Path.home() / ".rogatory" / "profiles"


def read_file(path: Path) -> bytes:
    """Read a file that the command line names; never more than a small one holds, since a device has no end.

    Raises:
        UsageError: It cannot be read, or is over the cap.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_FILE + 1)
    except OSError as error:
        raise UsageError(f"A file that was named cannot be read ({error.strerror}).") from error
    if len(data) > MAX_FILE:
        raise UsageError("A file that was named is larger than 1 MiB, which no such file needs.")
    return data
