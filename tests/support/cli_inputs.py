# SPDX-License-Identifier: Apache-2.0
"""The table of every file that the command reads: where it lies, a command that reads it, what its breakages come to.

Files that a command line names answer with the code USAGE and the option; files of a profile with a code of the protocol
and the field that stands for them; evidence that is checked with a verdict. A test holds the table against the tree of
commands and against what the commands really opened.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tests.support.breakages import BYTES, JSON, LINKED

# Exit code, code, field, rule; the last three are empty for a command that simply works.
Answer = tuple[int, str, str, str]
WORKS: Final[Answer] = (0, "", "", "")


@dataclass(frozen=True)
class Row:
    """A file that is read.

    Attributes:
        name: For people.
        place: Where it lies in the case's folder; ``p`` is the profile, ``copy`` the copy of the log.
        words: A command that reads it.
        answers: What each breakage comes to.
        who: Whose profile is used.
        source: Where it comes from in the life's folder, if it does not lie in its place already.
        read: Patterns of its paths, as they are seen when the whole life is lived.
        entries: Entries that the command leaves before it comes to the file.
        may: What a refusal may still change: what a client keeps of what it was given before it came to the file.
        option: The option or argument that names it.
    """

    name: str
    place: str
    words: str
    answers: Mapping[str, Answer]
    who: str = "investigator"
    source: str = ""
    read: tuple[str, ...] = ()
    entries: int = 0
    may: tuple[str, ...] = ()
    option: str = ""


def _usage(option: str, rule: str) -> Answer:
    return (2, "USAGE", option, rule)


def _named(option: str) -> dict[str, Answer]:
    """What a file that the command line names comes to when it is no file."""
    return {
        "vanished": _usage(option, "PRESENT"),
        "a folder": _usage(option, "REGULAR_FILE"),
        "a pipe": _usage(option, "REGULAR_FILE"),
        "a device": _usage(option, "REGULAR_FILE"),
        "a link to nowhere": _usage(option, "PRESENT"),
        "closed": _usage(option, "READABLE"),
        "oversized": _usage(option, "SIZE_CAP"),
        LINKED: WORKS,
    }


def _kept(at: str, code: int = 4) -> dict[str, Answer]:
    """What a file of a profile comes to when it is no file."""
    return {
        "vanished": (code, "X_FIELD_MISSING", at, "PRESENT"),
        "a folder": (code, "X_FIELD_INVALID", at, "REGULAR_FILE"),
        "a pipe": (code, "X_FIELD_INVALID", at, "REGULAR_FILE"),
        "a device": (code, "X_FIELD_INVALID", at, "REGULAR_FILE"),
        "a link to nowhere": (code, "X_FIELD_MISSING", at, "PRESENT"),
        "closed": (code, "X_FIELD_INVALID", at, "READABLE"),
        "oversized": (code, "X_TOO_LARGE", at, "SIZE_CAP"),
        LINKED: WORKS,
    }


def _json(encoding: Answer, twice: Answer, unknown: Answer, kind: Answer) -> dict[str, Answer]:
    odd = {"a name twice": twice, "an unknown field": unknown, "an unknown field of a strange name": unknown}
    return dict.fromkeys(JSON, encoding) | odd | {"another type": kind, "a text": kind}


def _kept_json(at: str) -> dict[str, Answer]:
    return _kept(at) | _json(
        (4, "X_ENCODING", at, "JSON"),
        (4, "X_ENCODING", at, "JSON.TWICE"),
        (4, "X_FIELD_INVALID", at, "UNKNOWN_FIELD"),
        (4, "X_FIELD_INVALID", at, "TYPE"),
    )


def _named_json(option: str, at: str) -> dict[str, Answer]:
    return _named(option) | _json(
        _usage(option, "JSON"), _usage(option, "JSON.TWICE"), _usage(at, "UNKNOWN_FIELD"), _usage(at, "TYPE")
    )


def _bytes(answer: Answer, **other: Answer) -> dict[str, Answer]:
    return dict.fromkeys(BYTES, answer) | other


def _some(answers: Mapping[str, Answer], *names: str) -> dict[str, Answer]:
    """A few of the breakages, where the same reader was given all of them in another row and each costs a second."""
    return {name: answers[name] for name in names}


_SLOW: Final = ("a pipe", "oversized", "truncated")
_ONCE: Final = ("vanished", "a folder", "a pipe", "closed", "oversized", "empty", "truncated", "a name twice")
_TASK_2: Final = "--task 2 --element message_header"
_SPAN: Final = "--since 2026-08-20T00:00:00Z --until 2026-08-21T00:00:00Z"
_ONLINE: Final = ("p/state/", "p/lock")
_BUNDLE: Final = "request bundle {REQUEST} -o out --profile p"
_DAMAGED: Final[Answer] = (4, "", "outbox", "DAMAGED")


def _healed(*names: str) -> dict[str, Answer]:
    """A copy of what the exchange gives again: a damaged one is fetched anew."""
    return dict.fromkeys(names or ("vanished", *_SLOW), WORKS)


def _mirrored(at: str, tile: Answer) -> dict[str, Answer]:
    """A file of a copy of the log that is checked: the verdict is FAILED, with a reason."""
    found = _kept(at, 7) | _bytes(tile)
    missing = (7, "X_LOG_INVALID", "mirror.mirror", "MIRROR.FILE")
    return found | {"vanished": missing, "a link to nowhere": missing, LINKED: missing}


TABLE: Final[tuple[Row, ...]] = (
    Row(
        "draft as JSON", "named", "request new --from-json named --profile p", _named_json("--from-json", "draft"),
        source="draft.json", read=("draft.json",), option="--from-json",
    ),
    Row(
        "identifier", "named",
        "request new --kind PRESERVATION --type email --element mailbox --identifier-file named --profile p " + _SPAN,
        _named("--identifier-file") | {
            "empty": _usage("--identifier-file", "PRESENT"),
            "not UTF-8": _usage("--identifier-file", "UTF8"),
            "a byte order mark": _usage("--identifier-file", "TEXT"),
            "a NUL": _usage("--identifier-file", "TEXT"),
        },
        source="identifier", option="--identifier-file",
    ),
    Row(
        "exhibit", "named",
        "request new --kind PRESERVATION --type email --element mailbox --from-exhibit named#line:1 --profile p " + _SPAN,
        _named("--from-exhibit") | {
            "empty": _usage("--from-exhibit", "EXHIBIT.ONE_VALUE"),
            "not UTF-8": _usage("--from-exhibit", "UTF8"),
        },
        source="identifier", option="--from-exhibit",
    ),
    Row(
        "passphrase", "named", "request fetch {REQUEST} --profile p --passphrase-file named",
        _named("--passphrase-file") | {
            "empty": (3, "X_PASSPHRASE", "passphrase", "PRESENT"),
            "truncated": (3, "X_PASSPHRASE", "key_file", "PASSPHRASE"),
            "not UTF-8": _usage("--passphrase-file", "UTF8"),
            "a byte order mark": _usage("--passphrase-file", "TEXT"),
            "a NUL": _usage("--passphrase-file", "TEXT"),
        },
        source="passphrase", read=("passphrase",), option="--passphrase-file",
    ),
    Row(
        "plan", "named", "provider disclose {REQUEST} --plan named --check --profile p",
        _some(_named_json("--plan", "plan"), *_ONCE, "an unknown field", "another type"), who="compliance", source="plan.json", read=("plan.json",), option="--plan",
    ),
    Row(
        "file to disclose", "named", f"provider disclose {{REQUEST}} --file named {_TASK_2} {_SPAN} --check --profile p",
        _kept("items[0].path") | {"empty": WORKS, "oversized": WORKS},
        who="compliance", source="rows.jsonl", read=("rows.jsonl",), entries=1, may=_ONLINE, option="--file",
    ),
    Row(
        "file that a plan names", "rows.jsonl", "provider disclose {REQUEST} --plan named --check --profile p",
        _some(_kept("items[0].path"), "vanished", "a pipe"),
        who="compliance", source="plan.json", entries=1, may=_ONLINE,
    ),
    Row(
        "catalogue as JSON", "named", "provider catalogue publish named --yes --profile p",
        _some(_named_json("FILE", "catalogue"), *_ONCE, "an unknown field", "another type"),
        who="compliance", source="catalogue.json", read=("catalogue.json",), option="FILE",
    ),
    Row(
        "bundle", "named", "verify named --profile p",
        _named("BUNDLE") | _bytes((7, "X_ENCODING", "bundle.bundle", "TAR.LENGTH")) | {
            "a byte order mark": (7, "X_ENCODING", "bundle.bundle", "TAR.HEADER"),
            "a NUL": (7, "X_ENCODING", "bundle.bundle", "TAR.HEADER"),
            "oversized": (7, "X_ENCODING", "bundle.bundle", "TAR.END"),
        },
        source="exhibit.bundle", read=("exhibit.bundle", "*.bundle.partial"), option="BUNDLE",
    ),
    *(
        Row(
            f"law, {name}", "named.yaml", f"directory pack {words} --profile p",
            _named(option) | _some(_bytes((4, "X_ENCODING", "pack", "YAML")), *some),
            who="judge", source="law.yaml", read=("law.yaml",), entries=entries, option=option,
            may=_ONLINE if entries else (),
        )
        for name, words, option, some, entries in (
            ("shown", "show named.yaml", "PACK|FILE", ("empty", "not UTF-8", "a NUL"), 0),
            ("looked through", "lint named.yaml", "FILE...", (), 0),
            ("signed", "sign named.yaml --key {OFFICE} -o out", "FILE", ("truncated",), 0),
            ("tried", "replay named.yaml", "FILE", ("not UTF-8",), 0),
        )
    ),
    Row(
        "law, published", "named", "directory pack publish named --profile p",
        _some(_named("FILE"), "vanished", "a pipe", "oversized"), who="judge", source="law.quorum", read=("law.quorum",), option="FILE", may=_ONLINE,
    ),
    Row(
        "key of the law's office", "named", "directory pack sign law.yaml --key named -o out --profile p",
        _named("--key") | {"oversized": (4, "X_TOO_LARGE", "key_file", "SIZE_CAP")}, who="judge", source="realm/office/pack.key", read=("realm/office/pack.key",), option="--key",
    ),
    Row(
        "law that others signed", "named", "directory pack sign law.yaml --key {OFFICE} -o named --profile p",
        _some(_named("--output"), "a folder", "a pipe", "oversized"), who="judge", source="law.quorum", read=("law.quorum",), option="--output",
    ),
    Row(
        "roster", "named", "duty set named --profile p",
        _some(_named_json("FILE", "duty"), *_ONCE, "an unknown field", "another type", LINKED), who="compliance", source="duty.json", read=("duty.json",), option="FILE",
    ),
    Row(
        "roster of a profile", "p/duty.json", "duty show --profile p",
        _some(_kept_json("duty"), *_ONCE, "an unknown field", "another type")
        | {"vanished": _usage("duty", "PRESENT")}, who="compliance", read=("*/duty.json",),
    ),
    Row(
        "roster that only names people", "p/duty.json", "provider inbox --profile p",
        _some(dict.fromkeys(_ONCE, WORKS), "vanished", "a pipe", "truncated"), who="compliance", may=_ONLINE,
    ),
    Row(
        "calls of a profile", "p/state/pages.json", "duty show --profile p",
        _some(_kept_json("pages"), *_ONCE, "an unknown field", "another type") | {"vanished": WORKS}, who="compliance", read=("*/state/pages.json",),
    ),
    Row(
        "settings of a profile", "p/profile.json", "request lint {DRAFT} --profile p",
        _kept_json("profile") | {"vanished": _usage("--profile", "PRESENT")}, read=("*/profile.json",),
        option="--profile",
    ),
    Row(
        "locked keys", "p/keys.rogatory", "request fetch {REQUEST} --profile p",
        _kept("key_file") | _bytes((4, "X_ENCODING", "key_file", "KEY_FILE_V1")) | {
            # The mode is looked at first, and by then it must be there.
            "vanished": (4, "X_FIELD_MISSING", "profile.keys", "PRESENT"),
            "a link to nowhere": (4, "X_FIELD_MISSING", "profile.keys", "PRESENT"),
            "a device": (4, "X_FIELD_INVALID", "profile.keys", "OWNER_ONLY"),
            "truncated": (3, "X_PASSPHRASE", "key_file", "PASSPHRASE"),
        },
        read=("*/keys.rogatory",),
    ),
    *(
        Row(
            f"TLS {name}", f"p/tls/{name}.pem", "keys list --profile p",
            _some(
                _kept(f"profile.tls.{name}") | _bytes((4, "X_ENCODING", f"profile.tls.{name}", "PEM"))
                | {"a byte order mark": WORKS},
                "vanished", *_SLOW, "closed", "empty", "not UTF-8", "a byte order mark",
            ),
            read=(f"*/tls/{name}.pem",), may=("p/lock",),
        )
        for name in ("cert", "key", "ca")
    ),
    Row(
        "draft of a profile", "p/drafts/{DRAFT}.json", "request lint {DRAFT} --profile p",
        _some(_kept_json("draft"), *_ONCE, "an unknown field", "another type")
        | {"vanished": (3, "X_NOT_FOUND", "draft", "ONE_MATCH")},
        read=("*/drafts/*.json",),
    ),
    Row(
        "template of a profile", "p/templates/sessions.json", "request template show sessions --profile p",
        _some(_kept_json("template"), *_ONCE, "an unknown field", "another type")
        | {"vanished": (3, "X_NOT_FOUND", "template", "ONE_MATCH")},
        read=("*/templates/*.json",),
    ),
    Row(
        "trusted state", "p/state/trusted.json", "keys list --profile p",
        _some(_kept_json("state"), *_ONCE, "an unknown field", "nested without measure") | {"vanished": WORKS},
        read=("*/state/trusted.json",), may=("p/lock",),
    ),
    Row("stored scheme", "p/state/scheme.bin", "keys list --profile p", _healed(), read=("*/state/scheme.bin",)),
    Row("stored catalogues", "p/state/providers.bin", "keys list --profile p", _healed(), read=("*/state/providers.bin",)),
    Row(
        "stored view", "p/state/requests/{REQUEST}.bin", "request status {REQUEST} --profile p",
        _healed() | {"a folder": _usage("file", "SYSTEM.EISDIR")},
        read=("*/state/requests/*.bin",), entries=1, may=_ONLINE,
    ),
    Row(
        "stored section", "p/state/objects/*.bin", _BUNDLE, _some(_kept("section"), "a pipe", "oversized"),
        read=("*/state/objects/*.bin",), entries=1, may=_ONLINE,
    ),
    *(
        Row(
            f"evidence, {name}", f"p/evidence/*-rejected/{number}.bin", _BUNDLE,
            _some(_kept(f"evidence.{name}") | _bytes((4, "X_ENCODING", f"evidence.{name}", "PARSE")), *chosen),
            who="prosecutor", read=(f"*/evidence/*-rejected/{number}.bin",), entries=1, may=_ONLINE,
        )
        for name, number, chosen in (("rejection", "00", _SLOW), ("sent", "01", ("a pipe", "oversized")))
    ),
    Row(
        "report of an opened disclosure", "p/opened/*/*/report.json", _BUNDLE,
        _some(_kept_json("opened"), *_SLOW, "a name twice"),
        read=("*/opened/*/*/report.json",), entries=1, may=_ONLINE,
    ),
    Row(
        "meta of an opened disclosure", "p/opened/*/*/meta.bin", _BUNDLE,
        _some(_kept("opened.meta") | _bytes((4, "X_ENCODING", "meta", "PARSE")), *_SLOW),
        read=("*/opened/*/*/meta.bin",), entries=1, may=_ONLINE,
    ),
    Row(
        "file of an opened disclosure", "p/opened/*/*/0001-rows.jsonl", _BUNDLE,
        _some(_kept("bundle.member"), "vanished", "a pipe")
        | {"truncated": (7, "X_SEAL_BROKEN", "disclosures.disclosure", "DISCLOSURE.ITEM_HASH")},
        read=("*/opened/*/*/*-rows.jsonl",), entries=1, may=_ONLINE,
    ),
    *(
        Row(
            f"outbox, {name}", f"p/outbox/000001/{name}", "request send --waiting --profile p",
            dict.fromkeys(("vanished", "a folder", "a pipe", "closed", "oversized", *more), _DAMAGED),
            source="waiting/000001", read=(f"*/outbox/*/{name}".replace("00.bin", "*.bin"),), may=_ONLINE,
        )
        for name, more in (
            ("waiting.json", ("empty", "truncated", "a name twice", "an unknown field", "another type")),
            ("envelope.bin", ("empty", "truncated")),
            ("object-00.bin", ()),
        )
    ),
    Row(
        "checkpoint of a copy", "copy/checkpoint", "audit verify copy --profile p",
        _mirrored("mirror.checkpoint", (7, "X_LOG_INVALID", "mirror.head", "SIGNED_NOTE")) | {
            "vanished": (7, "X_FIELD_MISSING", "mirror.checkpoint", "PRESENT"),
            "a link to nowhere": (7, "X_FIELD_MISSING", "mirror.checkpoint", "PRESENT"),
        },
        who="inspector", read=("copy/checkpoint",), option="DIR",
    ),
    *(
        Row(
            f"scheme of a copy, {name}", f"copy/scheme/{name}.bin", "audit verify copy --profile p",
            _some(
                _kept(f"mirror.{name}", 7) | _bytes((7, "X_ENCODING", f"mirror.{name}", "PARSE")),
                "vanished", *_SLOW, "closed", "not UTF-8",
            ),
            who="inspector", read=(f"copy/scheme/{name}.bin",),
        )
        for name in ("directory", "packs")
    ),
    Row(
        "openings of a copy", "copy/openings/000000000.bin", "audit verify copy --profile p",
        _some(
            _kept("openings.openings", 7)
            | _bytes((7, "X_LOG_INVALID", "openings.openings", "MIRROR.BLOCK")),
            *_SLOW, "empty", "closed", "not UTF-8", "a byte order mark",
        ),
        who="inspector", read=("copy/openings/*.bin",),
    ),
    *(
        Row(
            f"{name} of a copy", f"copy/tile/{level}/*/*", "audit verify copy --profile p",
            _some(
                _mirrored("mirror", (7, "X_LOG_INVALID", "mirror.mirror", "MIRROR.TILE")),
                *_SLOW, "vanished", "a device", "empty", LINKED,
            ),
            who="inspector", read=(f"copy/tile/{level}/*",),
        )
        for name, level in (("tile", "0"), ("entries", "entries"))
    ),
    *(
        Row(
            f"{name} of a copy that goes on", place, "audit mirror copy --profile p",
            _some(_kept(at), "a pipe", "closed", "oversized"), who="inspector", may=_ONLINE,
        )
        for name, place, at in (
            ("checkpoint", "copy/checkpoint", "mirror"),
            ("openings", "copy/openings/000000000.bin", "openings"),
            ("tile", "copy/tile/0/*/*", "mirror"),
            ("entries", "copy/tile/entries/*/*", "mirror"),
        )
    ),
)  # fmt: skip
