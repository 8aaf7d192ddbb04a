# SPDX-License-Identifier: Apache-2.0
"""The published schema of `--json`, made from the result classes (JSON Schema 2020-12).

One table says which class each command writes. `docs/json.md` is printed from here, and tests hold page, classes and
real output together. It validates nothing at run time: the classes are what is written.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import Any, Final

from rogatory.client.cli.exits import Exit
from rogatory.client.cli.keys_commands import KeyList
from rogatory.client.cli.results import (
    CheckpointResult,
    DraftResult,
    LintResult,
    ListResult,
    PreviewResult,
    RequestResult,
    SentResult,
)
from rogatory.client.cli.results_answer import (
    ConnectResult,
    FetchResult,
    OrderResult,
    PlanResult,
    ShowResult,
    WatchedResult,
)
from rogatory.client.cli.results_bundle import BundleResult, BundleVerdictResult
from rogatory.client.cli.results_carry import CarriedResult, DepositsResult, TakenResult
from rogatory.client.cli.results_catalogue import CataloguePublishedResult, CataloguesResult, RadarResult
from rogatory.client.cli.results_desk import ExhibitResult, TemplateResult, TemplatesResult, XrayResult
from rogatory.client.cli.results_emergency import DividedResult, TogetherResult
from rogatory.client.cli.results_law import (
    PackLintResult,
    PackPublishedResult,
    PackReplayResult,
    PackResult,
    PackSignedResult,
    PacksResult,
)
from rogatory.client.cli.results_log import EntriesResult, LogVerdictResult, MirrorResult, ProofResult
from rogatory.client.cli.results_outbox import DiscardedResult, OutboxResult
from rogatory.client.cli.results_outside import LetterResult, OutsideResult
from rogatory.client.cli.results_people import RosterResult, ToldResult
from rogatory.client.enrolment import KeysMade
from rogatory.client.exchange_init import ExchangeMade
from rogatory.client.realm_init import TrainingMade

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
# Command to the classes of its result; several where options choose.
RESULTS: Final[Mapping[str, tuple[type[Any], ...]]] = {
    "audit checkpoint": (CheckpointResult,),
    "audit list": (EntriesResult,),
    "audit mirror": (MirrorResult,),
    "audit prove": (ProofResult,),
    "audit verify": (LogVerdictResult,),
    "authority annul": (SentResult,),
    "authority ask": (SentResult,),
    "authority exhibit": (ExhibitResult,),
    "authority grant": (SentResult,),
    "authority no-grounds": (SentResult,),
    "authority queue": (ListResult,),
    "authority refuse": (SentResult,),
    "authority rescind": (SentResult,),
    "authority return": (SentResult,),
    "authority show": (OrderResult,),
    "directory pack lint": (PackLintResult,),
    "directory pack publish": (PackPublishedResult,),
    "directory pack recall": (PackSignedResult,),
    "directory pack replay": (PackReplayResult,),
    "directory pack show": (PackResult,),
    "directory pack sign": (PackSignedResult,),
    "directory packs": (PacksResult,),
    "duty ack": (SentResult,),
    "duty run": (ToldResult,),
    "duty set": (RosterResult,),
    "duty show": (RosterResult,),
    "keys list": (KeyList,),
    "keys new": (KeysMade,),
    "operator init": (TrainingMade, ExchangeMade),
    "provider catalogue publish": (CataloguePublishedResult,),
    "provider catalogue show": (CataloguesResult,),
    "provider carry": (CarriedResult,),
    "provider challenge": (SentResult,),
    "provider claim-cost": (SentResult,),
    "provider clarify": (SentResult,),
    "provider connect": (ConnectResult,),
    "provider disclose": (SentResult, PlanResult),
    "provider exhibit": (ExhibitResult,),
    "provider inbox": (ListResult,),
    "provider object": (SentResult,),
    "provider preserve": (SentResult,),
    "provider propose": (SentResult,),
    "provider receive": (SentResult, TakenResult),
    "provider refuse": (SentResult,),
    "provider release": (SentResult,),
    "provider show": (ShowResult,),
    "request acknowledge": (SentResult,),
    "request amend": (SentResult,),
    "request answer": (SentResult,),
    "request attest-deletion": (SentResult,),
    "request bundle": (BundleResult,),
    "request carry": (CarriedResult,),
    "request confirm-origin": (SentResult,),
    "request defer-notice": (SentResult,),
    "request deposit": (DepositsResult,),
    "request end": (SentResult,),
    "request erase": (SentResult,),
    "request extend": (SentResult,),
    "request extend-seal": (SentResult,),
    "request fetch": (FetchResult,),
    "request hold": (SentResult,),
    "request letter": (LetterResult,),
    "request lint": (LintResult,),
    "request maintain": (SentResult,),
    "request new": (DraftResult, DividedResult),
    "request new-deadline": (SentResult,),
    "request notice": (SentResult,),
    "request notify": (SentResult,),
    "request preview": (PreviewResult,),
    "request radar": (RadarResult, DraftResult),
    "request receive": (TakenResult,),
    "request receive-outside": (OutsideResult,),
    "request report-error": (SentResult,),
    "request report-excess": (SentResult,),
    "request rewrap": (SentResult,),
    "request second": (SentResult,),
    "request send": (SentResult, OutboxResult, DiscardedResult, TogetherResult),
    "request settle-cost": (SentResult,),
    "request status": (RequestResult, ListResult),
    "request template list": (TemplatesResult,),
    "request template save": (TemplateResult,),
    "request template show": (TemplateResult,),
    "request transmitted-outside": (SentResult,),
    "request watch": (WatchedResult,),
    "request withdraw": (SentResult,),
    "request xray": (XrayResult,),
    "verify": (BundleVerdictResult,),
}


def schema() -> dict[str, Any]:
    """Return the whole schema: what stands around a result, and a definition for each class."""
    definitions: dict[str, Any] = {}
    for classes in RESULTS.values():
        for cls in classes:
            _define(cls, definitions)
    names = sorted({cls.__name__ for classes in RESULTS.values() for cls in classes})
    error = {name: {"type": "string"} for name in ("code", "field", "rule", "what", "next")}
    return {
        "$schema": DIALECT,
        "title": "Output of rogatory --json",
        "type": "object",
        "properties": {
            "command": {"enum": sorted(RESULTS)},
            "ok": {"type": "boolean"},
            "exit": {"enum": [code.value for code in Exit]},
            "result": {"anyOf": [_ref(name) for name in names]},
            "error": _object(error, list(error)),
            "outbox": _ref(OutboxResult.__name__),
        },
        "required": ["command", "ok", "exit"],
        "$defs": dict(sorted(definitions.items())),
    }


def _define(cls: type[Any], into: dict[str, Any]) -> None:
    if cls.__name__ in into:
        return
    into[cls.__name__] = {}  # taken, in case a class should ever hold itself
    hints = typing.get_type_hints(cls)
    properties = {field.name: _type(hints[field.name], into) for field in dataclasses.fields(cls)}
    summary = (cls.__doc__ or "").strip().split("\n\n")[0].replace("\n", " ")
    into[cls.__name__] = {"description": " ".join(summary.split()), **_object(properties, list(properties))}


def _type(hint: Any, into: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - one branch for each kind of type
    if isinstance(hint, types.UnionType):
        return {"anyOf": [_type(arg, into) for arg in typing.get_args(hint)]}
    origin = typing.get_origin(hint)
    if origin is tuple:
        return {"type": "array", "items": _type(typing.get_args(hint)[0], into)}
    if origin is not None and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": _type(typing.get_args(hint)[1], into)}
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        _define(hint, into)
        return _ref(hint.__name__)
    if isinstance(hint, type) and issubclass(hint, IntEnum):
        return {"enum": list(hint.__members__)}
    return _PLAIN[hint]


_PLAIN: Final[Mapping[Any, dict[str, Any]]] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    str: {"type": "string"},
    bytes: {"type": "string", "pattern": "^([0-9a-f]{2})*$"},
    type(None): {"type": "null"},
}


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}


def table() -> Iterator[tuple[str, str]]:
    """Yield each command with the names of its result's classes."""
    for name, classes in sorted(RESULTS.items()):
        yield name, " or ".join(cls.__name__ for cls in classes)
