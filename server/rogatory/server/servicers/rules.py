# SPDX-License-Identifier: Apache-2.0
"""Authorisation rules, as the wire schema states them beside each method.

Reads descriptors; what follows from a rule, or from none, is in ``rogatory.server.policy``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import FileDescriptor

from rogatory.protocol.directory import PartyKind
from rogatory.server.policy import ObjectRule, Rule
from rogatory.v1 import options_pb2


def methods_of(file: FileDescriptor) -> Iterator[tuple[str, Any]]:
    """Yield the full name and the descriptor of every method of a schema file."""
    for service in file.services_by_name.values():
        for method in service.methods:
            yield f"/{service.full_name}/{method.name}", method


def rules_of(file: FileDescriptor) -> dict[str, Rule]:
    """Return the rules that the methods of a schema file state; methods without one are left out."""
    rules: dict[str, Rule] = {}
    for name, method in methods_of(file):
        options = method.GetOptions()
        if options.HasExtension(options_pb2.authorisation):
            stated = options.Extensions[options_pb2.authorisation]
            rules[name] = Rule(
                frozenset(PartyKind(kind) for kind in stated.parties),
                ObjectRule(stated.object),
                stated.read_entry,
            )
    return rules
