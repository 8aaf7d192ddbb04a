# SPDX-License-Identifier: Apache-2.0
"""The text of a pack file: strict YAML with the line of every key. Bytes in, plain values and places out.

YAML has more than a law needs, and each extra is a way for two readers to read two laws: a key that stands twice, an
anchor that repeats what is elsewhere, a tag that makes an object. All are refused (YAML 1.1 §3.2.1.1 forbids the first).
``verify: true`` on any mapping marks a fact that was not confirmed in the official text; marks are taken out here and
returned by path. What the values mean is not known here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import yaml
from typing_extensions import override

from rogatory.protocol import errors
from rogatory.protocol.errors import Invalid

MAX_PACK: Final = 262_144
MARK: Final = "verify"
# The C parser where the wheel has it: five times faster on the path of every command.
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Source:
    """Plain data of a pack file; by path the line (from 1) of each value and each mapping; what is marked as unverified."""

    data: dict[str, Any]
    lines: dict[str, int]
    mappings: dict[str, dict[str, Any]]
    unverified: tuple[str, ...]

    def line(self, path: str) -> int:
        """Return the line of a path, or of the nearest one above it; 1 for the file as a whole."""
        while path:
            if path in self.lines:
                return self.lines[path]
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return 1


class NotYaml(Invalid):
    """The text is no strict YAML, or has a mark that is none; ``line`` says where, from 1."""

    def __init__(self, line: int, rule: str, at: str = "pack") -> None:
        super().__init__(errors.X_ENCODING, at, rule)
        self.line = line


def read_source(payload: bytes) -> Source:
    """Parse the text of a pack file.

    Raises:
        Invalid: ``X_TOO_LARGE``, or ``X_ENCODING`` (``NotYaml``) with rule ``YAML``, ``YAML.ALIAS``,
            ``YAML.DUPLICATE``, ``YAML.KEY`` or ``MARK_IS_TRUE``.
    """
    if len(payload) > MAX_PACK:
        raise Invalid(errors.X_TOO_LARGE, "pack", "SIZE_CAP")
    try:
        for event in yaml.parse(payload, Loader=_Base):
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                mark: Any = event.start_mark
                raise NotYaml(mark.line + 1, "YAML.ALIAS")
        reader = _Reader(payload)
        try:
            node = reader.get_single_node()
            data = reader.construct_document(node) if node is not None else None
        finally:
            reader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise NotYaml(mark.line + 1 if mark is not None else 1, "YAML") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise NotYaml(1, "YAML") from error
    if not isinstance(data, dict):
        raise NotYaml(1, "YAML")
    lines: dict[str, int] = {}
    mappings: dict[str, dict[str, Any]] = {}
    _place(node, "pack", lines)
    marks = sorted(_take_marks(data, "pack", lines, mappings))
    return Source(data, lines, mappings, tuple(marks))


class _Reader(_Base):  # type: ignore[misc]
    """Safe loader whose mappings hold each key once, and text keys only."""

    @override
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[str, Any]:
        seen: set[str] = set()
        for key, _value in node.value:
            if key.tag != "tag:yaml.org,2002:str" or key.value in seen:
                raise NotYaml(key.start_mark.line + 1, "YAML.DUPLICATE" if key.value in seen else "YAML.KEY")
            seen.add(key.value)
        found: dict[str, Any] = super().construct_mapping(node, deep=deep)
        return found


def _place(node: yaml.Node, path: str, lines: dict[str, int]) -> None:
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = f"{path}.{key.value}"
            _place(value, inner, lines)
            lines[inner] = key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for i, value in enumerate(node.value):
            _place(value, f"{path}[{i}]", lines)


def _take_marks(
    data: Any,  # noqa: ANN401 - YAML may hold anything
    path: str,
    lines: dict[str, int],
    mappings: dict[str, dict[str, Any]],
) -> Iterator[str]:
    """Take the marks out of a tree and yield where they stood; note every mapping by its path."""
    if isinstance(data, list):
        for i, item in enumerate(data):
            yield from _take_marks(item, f"{path}[{i}]", lines, mappings)
    elif isinstance(data, dict):
        mappings[path] = data
        if MARK in data:
            if data.pop(MARK) is not True:
                raise NotYaml(lines[f"{path}.{MARK}"], "MARK_IS_TRUE", f"{path}.{MARK}")
            yield path
        for key, item in data.items():
            yield from _take_marks(item, f"{path}.{key}", lines, mappings)
