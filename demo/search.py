# SPDX-License-Identifier: Apache-2.0
"""Looks for planted words wherever an exchange could keep them: its files, and the memory of its processes.

Each needle is searched as UTF-8, UTF-16 and hex. Memory is read through ``/proc``, region by region, with an overlap so
that nothing hides on an edge. It finds bytes, not meanings: words that were encrypted or compressed are not found, which
is why the same search must find them in a build that leaks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

_CHUNK = 16 * 1024 * 1024
_REGION = re.compile(r"([0-9a-f]+)-([0-9a-f]+) r\S* \S+ \S+ \S+\s*(.*)")
# Regions that the kernel maps into every process and that cannot be read, or are not the process's own.
_SKIPPED = ("[vvar]", "[vvar_vclock]", "[vsyscall]", "[vdso]")


@dataclass
class Findings:
    """Hits by place; ``bytes_searched`` says that something was looked at."""

    hits: dict[str, int] = field(default_factory=dict)
    bytes_searched: dict[str, int] = field(default_factory=dict)

    def add(self, place: str, count: int, length: int) -> None:
        """Count what a place gave."""
        self.hits[place] = self.hits.get(place, 0) + count
        self.bytes_searched[place] = self.bytes_searched.get(place, 0) + length

    @property
    def total(self) -> int:
        """Hits in all places."""
        return sum(self.hits.values())


def needles(words: Iterable[str]) -> list[bytes]:
    """Return what to look for: each text in the encodings that it might be kept in."""
    found: list[bytes] = []
    for text in words:
        plain = text.encode()
        found += [plain, text.encode("utf-16-le"), plain.hex().encode()]
    return found


def search(server: Path, log: Path, pids: dict[str, int], words: Iterable[str]) -> Findings:
    """Search an exchange.

    Args:
        server: Its folder: settings, database, vault, parts.
        log: The file that its log lines went to.
        pids: Process ids by name, ``front`` and ``writer``.
        words: The planted texts.
    """
    wanted = needles(words)
    findings = Findings()
    for path in sorted(item for item in server.rglob("*") if item.is_file()):
        place = "parts" if "parts" in path.relative_to(server).parts else "database and files"
        findings.add(place, *_count(_file(path), wanted))
    findings.add("log lines", *_count(_file(log), wanted))
    for name, pid in pids.items():
        findings.add(f"memory of {name}", *_count(_memory(pid), wanted))
    return findings


def _count(blocks: Iterator[bytes], wanted: list[bytes]) -> tuple[int, int]:
    """Count hits over blocks that overlap by as much as the longest needle; return them and the bytes seen."""
    hits = length = 0
    for block in blocks:
        length += len(block)
        hits += sum(block.count(needle) for needle in wanted)
    return hits, length


def _file(path: Path) -> Iterator[bytes]:
    tail = b""
    with path.open("rb") as stream:
        while block := stream.read(_CHUNK):
            yield tail + block
            tail = block[-1024:]


def _memory(pid: int) -> Iterator[bytes]:
    maps = Path(f"/proc/{pid}/maps").read_text("utf-8")
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in maps.splitlines():
            match = _REGION.match(line)
            if match is None or match[3] in _SKIPPED:
                continue
            at, end = int(match[1], 16), int(match[2], 16)
            while at < end:
                block = _read(memory, at, min(_CHUNK, end - at))
                if block:
                    yield block
                at += max(_CHUNK - 1024, 1)


def _read(memory: object, at: int, length: int) -> bytes:
    try:
        memory.seek(at)  # type: ignore[attr-defined]
        data: bytes = memory.read(length)  # type: ignore[attr-defined]
    except (OSError, ValueError, OverflowError):
        return b""
    return data
