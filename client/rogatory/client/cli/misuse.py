# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a command line, in sentences of ours: the field, the rule, and never what was typed.

The parser's own sentences repeat the words that they complain of, and a word of a command line may be an identifier. Known
options and commands that come near are named, because those words are ours. Nothing is parsed here.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import typer


@dataclass(frozen=True, slots=True)
class Misuse:
    """A command line that makes no sense: the command's words, the field at fault, the rule, a sentence."""

    command: str
    field: str
    rule: str
    sentence: str
    is_help: bool = False


# Every rule of the code USAGE that is not one of the formats' own; docs/json.md prints the table.
USAGE_RULES: Final = (
    ("AGREED", "the person was asked and did not agree"),
    ("COMMAND", "no such command, or none was named"),
    ("COUNT", "more words than the command takes"),
    ("DAY", "not a day such as 2026-11-03"),
    ("DRAFTED_HERE", "a colleague drafted it, and the identifier is not here"),
    ("EXERCISE_ONLY", "taken in a training realm only"),
    ("FINGERPRINT", "not 64 hexadecimal digits"),
    ("FOLDER", "no such folder"),
    ("FORM", "not of the form that the help shows"),
    ("HEX", "not hexadecimal digits, or not as many as are wanted"),
    ("INTERRUPTED", "the person ended the command"),
    ("JSON", "not JSON in UTF-8"),
    ("JSON.TWICE", "a name twice in one object"),
    ("KNOWN", "no request or draft of this id is known"),
    ("LENGTH", "too short"),
    ("MOMENT", "not a moment with an offset such as 2026-11-02T08:15:00+01:00"),
    ("NAMED", "nothing says whose profile it is"),
    ("NEW", "there is such a file already, and nothing is overwritten"),
    ("NUMBER", "not a number that a field can hold"),
    ("ONCE", "named twice"),
    ("ONE_MATCH", "more than one fits"),
    ("ONE_OF", "exactly one of these options is wanted"),
    ("OPTION", "no such option"),
    ("PRESENT", "missing: the option, the file, or the answer"),
    ("RANGE", "no row has this number"),
    ("READABLE", "the system does not let this file be read"),
    ("REGULAR_FILE", "a folder, pipe, socket or device where a file is wanted"),
    ("SAME", "typed twice and not the same"),
    ("SIZE_CAP", "larger than such a file can be"),
    ("SYNTAX", "a variable of the environment that does not parse"),
    ("TEXT", "a NUL or a byte order mark in a text"),
    ("TOGETHER", "not drafted together with others"),
    ("UTF8", "not UTF-8"),
    ("VALUE", "a value that the option or argument does not take"),
    ("VOCABULARY", "not one of the words that the option takes"),
    ("WITH", "an option without the one that it belongs to"),
    ("WORD_TYPED", "a word must be typed in full, and --yes does not stand for it"),
)
# By the parser's name of the error, which says more than its public classes do.
_RULES: Final = {
    "MissingParameter": ("PRESENT", "{field} is missing."),
    "BadParameter": ("VALUE", "The value of {field} does not fit."),
    "BadOptionUsage": (
        "VALUE",
        "{field} is used with a value that it does not take, or without one that it needs.",
    ),
    "NoSuchOption": ("OPTION", "There is no such option{hint}."),
    "NoSuchCommand": ("COMMAND", "There is no such command{hint}."),
    "TooMany": ("COUNT", "There are more words than this command takes."),
}


def misuse(error: typer.TyperException, arguments: Sequence[str], root: Any) -> Misuse:  # noqa: ANN401 - the parser's
    """Return what the parser's error means.

    Args:
        error: As the parser raised it.
        arguments: The command line; only names of ours, or that come near one, are taken from it.
        root: The tree of commands.
    """
    words, command = _walked(arguments, root)
    name = type(error).__name__
    if name == "NoArgsIsHelpError":
        return Misuse(words, "", "COMMAND", error.format_message(), is_help=True)
    below = list(getattr(command, "commands", ()))
    if name not in _RULES:
        name = "NoSuchCommand" if below else "TooMany"
    rule, sentence = _RULES[name]
    field = _field(error, command)
    near = sorted(getattr(error, "possibilities", None) or ()) or _near(below, arguments)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    said = sentence.format(field=field or "An option", hint=hint).replace("?.", "?")
    return Misuse(words, field, rule, said)


def _walked(arguments: Sequence[str], root: Any) -> tuple[str, Any]:  # noqa: ANN401
    """Return the words that name the command, and the command, as deep as the line leads."""
    words, command = [], root
    for word in arguments:
        below = getattr(command, "commands", {})
        if word in below:
            words.append(word)
            command = below[word]
        elif below and not word.startswith("-"):
            break
    return " ".join(words), command


def _field(error: typer.TyperException, command: Any) -> str:  # noqa: ANN401
    """Return the option or argument at fault, as the help writes it; empty for a word that is none of ours."""
    parameter = getattr(error, "param", None)
    if parameter is None:
        typed = getattr(error, "option_name", "")
        parameter = next((item for item in command.params if typed in item.opts), None)
    if parameter is None:
        return ""
    if parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.name.upper())
    return str(max(parameter.opts, key=len))


def _near(names: Sequence[str], arguments: Sequence[str]) -> list[str]:
    found = (difflib.get_close_matches(word, names, 1) for word in arguments if word not in names)
    return next((match for match in found if match), [])
