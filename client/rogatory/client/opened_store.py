# SPDX-License-Identifier: Apache-2.0
"""What an agency keeps of an opened disclosure: files, meta, the key that proves them, and what the scope check said.

Below ``opened/<request>/<disclosure>/`` of the profile; items with rows outside the scope lie under ``quarantine/`` in
the same shape, and nothing else of the SDK reads them. The proving key opens no ciphertext. Nothing is decided here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from rogatory.client.private_files import (
    MAX_SMALL,
    parse_json,
    private_dir,
    read_optional,
    sync_folder,
    write_private,
)
from rogatory.client.profile import Profile
from rogatory.client.sealing.unseal import OpenedDisclosure
from rogatory.protocol import codec
from rogatory.protocol.content import MAX_META, DisclosureMeta
from rogatory.protocol.header import require
from rogatory.protocol.plain import from_plain, to_plain

# A hostile answer could be millions of rows that nobody asked for; the count is kept, and the file in quarantine.
MAX_EXCESS = 1000
_REPORT = "report.json"
_META = "meta.bin"


@dataclass(frozen=True, slots=True)
class ExcessRow:
    """A row outside the scope: its place among all rows, the item it is in (both from 0), the reason's code."""

    row: int
    item: int
    reason: str


@dataclass(frozen=True, slots=True)
class KeptReport:
    """What is kept beside the files.

    Attributes:
        manifest: Envelope digest of the ``disclose`` statement.
        scope_report: ``IN_SCOPE`` or ``EXCESS_QUARANTINED``.
        in_scope: Rows inside.
        excess: Rows outside, the first ``MAX_EXCESS`` of them.
        files: Names of the items' files, in the meta's order.
        quarantined: Indexes of the items that lie in quarantine.
        commitment_key: Proves files against the manifest.
        excess_count: How many rows lie outside in all.
    """

    manifest: bytes
    scope_report: str
    in_scope: int
    excess: tuple[ExcessRow, ...]
    files: tuple[str, ...]
    quarantined: tuple[int, ...]
    commitment_key: bytes = field(repr=False)
    excess_count: int = 0


@dataclass(frozen=True, slots=True)
class Kept:
    """An opened disclosure as it lies in the profile."""

    disclosure_id: bytes
    report: KeptReport
    meta: DisclosureMeta
    meta_bytes: bytes = field(repr=False)
    files: tuple[Path, ...] = ()


def place(profile: Profile, folder: str, request_id: bytes, disclosure_id: bytes) -> Path:
    """Return the folder of a disclosure under ``opened``, ``quarantine`` or ``staging``."""
    return profile.folder(folder) / request_id.hex() / disclosure_id.hex()


def keep(
    profile: Profile, request_id: bytes, disclosure_id: bytes, opened: OpenedDisclosure, report: KeptReport
) -> Kept:
    """Move quarantined items away, then write meta and report; the report last, for it says that all is done."""
    home = place(profile, "opened", request_id, disclosure_id)
    away = place(profile, "quarantine", request_id, disclosure_id)
    for index in report.quarantined:
        private_dir(away)
        opened.files[index].replace(away / opened.files[index].name)
    if report.quarantined:
        sync_folder(away)
    write_private(home / _META, opened.meta_bytes)
    write_private(home / _REPORT, json.dumps(to_plain(report), indent=1).encode())
    return _kept(profile, request_id, disclosure_id, report, opened.meta_bytes)


def load(profile: Profile, request_id: bytes, disclosure_id: bytes) -> Kept | None:
    """Return what is kept of a disclosure, or None when it was not opened yet.

    Raises:
        Invalid: The kept files are damaged.
    """
    home = place(profile, "opened", request_id, disclosure_id)
    data = read_optional(home / _REPORT, "opened", MAX_SMALL)
    meta = read_optional(home / _META, "opened.meta", MAX_META)
    if data is None or meta is None:
        return None
    report = from_plain(KeptReport, parse_json(data, "opened"), "opened")
    # Names of this folder's own files; one that leads elsewhere would put somebody else's file into a bundle.
    require(all(Path(name).name == name != ".." for name in report.files), "opened.files", "NAME")
    return _kept(profile, request_id, disclosure_id, report, meta)


def _kept(
    profile: Profile, request_id: bytes, disclosure_id: bytes, report: KeptReport, meta_bytes: bytes
) -> Kept:
    home = place(profile, "opened", request_id, disclosure_id)
    away = place(profile, "quarantine", request_id, disclosure_id)
    files = tuple(
        (away if index in report.quarantined else home) / name for index, name in enumerate(report.files)
    )
    meta = codec.decode(DisclosureMeta, meta_bytes, limit=MAX_META, at="meta")
    return Kept(disclosure_id, report, meta, meta_bytes, files)
