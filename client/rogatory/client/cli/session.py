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

from rogatory.audit import files
from rogatory.audit.errors import FileRefused
from rogatory.client.cli.output import Output
from rogatory.client.cli.render.marks import safe
from rogatory.client.cli.render.tree import Section
from rogatory.client.private_files import MAX_SMALL
from rogatory.client.profile import CONFIG, Profile, Secrets

ENV_PROFILE: Final = "ROGATORY_PROFILE"
ENV_HOME: Final = "ROGATORY_HOME"
MIN_PASSPHRASE: Final = 10
_YES: Final = frozenset({"y", "yes"})
_REFUSED: Final = {
    "PRESENT": "There is no file of this name.",
    "REGULAR_FILE": "A regular file is wanted here, no folder, pipe or device.",
    "READABLE": "A file that was named cannot be read.",
    "SIZE_CAP": "A file that was named is larger than 1 MiB, which no such file needs.",
}


class UsageError(Exception):
    """The command line, or a file that it names, does not make sense.

    Attributes:
        field: Option or argument as it is written, or a path into what the file says.
        rule: A stable name for what does not hold.
    """

    def __init__(self, sentence: str, field: str, rule: str) -> None:
        super().__init__(sentence)
        self.field = field
        self.rule = rule


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
        if not os.path.lexists(path / CONFIG):
            raise UsageError(
                "There is no such profile, neither as a folder nor by name.", "--profile", "PRESENT"
            )
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
            option = "--passphrase-file"
            return text_of(read_file(self.passphrase_file, option), option)
        if not self.stdin.isatty():
            raise UsageError(
                "There is no terminal to ask for the passphrase: use --passphrase-file.",
                "--passphrase-file",
                "PRESENT",
            )
        return self.read_secret(prompt)

    def new_passphrase(self) -> str:
        """Return a passphrase for a new key file; typed twice where a person types it.

        Raises:
            UsageError: The two differ, it is too short, or there is nobody to ask.
        """
        first = self.passphrase("New passphrase: ")
        if self.passphrase_file is None and self.read_secret("The same again: ") != first:
            raise UsageError("The two passphrases are not the same.", "passphrase", "SAME")
        if len(first) < MIN_PASSPHRASE:
            raise UsageError(
                f"A passphrase needs at least {MIN_PASSPHRASE} characters.", "passphrase", "LENGTH"
            )
        return first

    def confirm(self, tree: Section, question: str, *, word: str = "") -> None:
        """Show what will be signed and ask; with a ``word``, only that word typed in full is a yes.

        A word is demanded for what a person must never sign by habit, and then --yes is refused.

        Raises:
            UsageError: --yes where it is not allowed.
            Aborted: The answer is no.
        """
        if word and self.yes:
            raise UsageError(
                f"--yes is not accepted here: read what is shown and type the word {word}.",
                "--yes",
                "WORD_TYPED",
            )
        self.output.show(tree)
        if self.yes:
            return
        asked = f"{question} Type the word {word} to sign: " if word else f"{question} Type yes or no: "
        if self.ask(asked).casefold() not in ({word.casefold()} if word else _YES):
            raise Aborted("You did not agree, so nothing was signed or sent.")

    def ask(self, question: str) -> str:
        """Ask for one line; no answer is ever taken for one, so an empty line is asked again.

        Returns:
            The line without what surrounds it; empty where the input has ended.
        """
        while True:
            self.output.err.write(question)
            self.output.err.flush()
            line = self.stdin.readline()
            if not self.stdin.isatty():
                self.output.say("")
            if line.strip() or not line:
                return line.strip()


def profile_path(text: str) -> Path:
    """Return the directory of a profile given as a path or as a name below the home of profiles.

    Raises:
        UsageError: Neither --profile nor ROGATORY_PROFILE names one.
    """
    named = text or os.environ.get(ENV_PROFILE, "")
    if not named:
        raise UsageError(
            "Which profile? Use --profile DIR or NAME, or set ROGATORY_PROFILE.", "--profile", "NAMED"
        )
    path = Path(named)
    return path if path.exists() or path.name != named else profiles_home() / named


def profiles_home() -> Path:
    """Return where profiles live that are given by name."""
    home = os.environ.get(ENV_HOME, "")
    return Path(home) if home else Path.home() / ".rogatory" / "profiles"


def read_file(path: Path, option: str) -> bytes:
    """Read a file that the command line names; never more than a small one holds, and nothing that has no end.

    Raises:
        UsageError: It is missing, no regular file, not to be read, or over the cap.
    """
    try:
        return files.read_file(path, MAX_SMALL)
    except FileRefused as refused:
        raise UsageError(_REFUSED[refused.rule], option, refused.rule) from refused


def check_named(path: Path, option: str) -> None:
    """Refuse a name of what is no regular file, before anything else is looked at.

    Raises:
        UsageError: It is missing, no regular file, or not to be read.
    """
    try:
        files.open_file(path).close()
    except FileRefused as refused:
        raise UsageError(_REFUSED[refused.rule], option, refused.rule) from refused


def text_of(data: bytes, option: str) -> str:
    """Return the text of a file that holds one value; a line end at its end does not belong to it.

    Raises:
        UsageError: No UTF-8, or with what some programs leave in a text and nobody sees: a byte order mark, a NUL.
    """
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise UsageError("A file that was named is not UTF-8 text.", option, "UTF8") from error
    if "\0" in text or text.startswith("\ufeff"):
        raise UsageError("A file that was named holds a NUL or a byte order mark.", option, "TEXT")
    return text.removesuffix("\n").removesuffix("\r")
