# SPDX-License-Identifier: Apache-2.0
"""Who may call a method: rules as values, and the check that none is missing. Pure.

The rules stand in the wire schema, beside the methods (``authorisation``); servicers read them from there. A server
with a method that has none refuses to start. Whose object a call names is checked where the object is known: by the
write path, or by answering only from the caller's own rows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from rogatory.protocol import errors
from rogatory.protocol.directory import OrgRow, PartyKind
from rogatory.protocol.errors import NotAuthorised
from rogatory.server.config import StartupError

# Standard health checking tells nothing about anybody; a certificate of the realm's authority is enough for it.
OPEN_METHODS: Final = frozenset(
    {"/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch", "/grpc.health.v1.Health/List"}
)


class ObjectRule(IntEnum):
    """How far a caller must stand to the object that it names; numbers as in the wire schema."""

    NONE = 1
    REQUEST_PARTY = 2
    OWN = 3


@dataclass(frozen=True, slots=True)
class Rule:
    """Kinds of party that may call, their relation to the object, and whether the call leaves a read entry."""

    parties: frozenset[PartyKind]
    object: ObjectRule
    read_entry: bool


def check_rules(methods: Collection[str], rules: Mapping[str, Rule]) -> None:
    """Demand a rule for every method.

    Args:
        methods: Full names, ``/package.Service/Method``.
        rules: Rules by full name.

    Raises:
        StartupError: A method has no rule, or one that lets nobody in.
    """
    for method in sorted(methods):
        rule = rules.get(method)
        if rule is None or not rule.parties:
            raise StartupError(f"{method.strip('/')}: AUTHORISATION_RULE")


def authorise(method: str, rules: Mapping[str, Rule], org: OrgRow) -> None:
    """Check that an organisation may call a method.

    Raises:
        NotAuthorised: ``X_NOT_AUTHORISED``.
    """
    rule = rules.get(method)
    if rule is None or org.kind not in rule.parties:
        raise NotAuthorised(errors.X_NOT_AUTHORISED, "peer", "METHOD.PARTIES")
