# SPDX-License-Identifier: Apache-2.0
"""Authorisation rules, as the wire schema states them beside each method.

Reads descriptors; what follows from a rule, or from none, is in ``rogatory.server.policy``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import FileDescriptor

from rogatory.protocol.directory import PartyKind
from rogatory.protocol.schema_gate import rule_of
from rogatory.server.policy import ObjectRule, Rule


def methods_of(file: FileDescriptor) -> Iterator[tuple[str, Any]]:
    """Yield the full name and the descriptor of every method of a schema file."""
    for service in file.services_by_name.values():
        for method in service.methods:
            yield f"/{service.full_name}/{method.name}", method


def rules_of(file: FileDescriptor) -> dict[str, Rule]:
    """Return the rules that the methods of a schema file state; methods without a whole one are left out."""
    rules: dict[str, Rule] = {}
    for name, method in methods_of(file):
        stated = rule_of(method)
        if stated is not None:
            rules[name] = Rule(
                frozenset(PartyKind(kind) for kind in stated.parties),
                ObjectRule(stated.object),
                stated.read_entry,
            )
    return rules
