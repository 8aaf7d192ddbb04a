# SPDX-License-Identifier: Apache-2.0
"""First start of an exchange: the entry schema, the root, the trust list and the packs become the log's first entries.

They come from files that people signed elsewhere; the exchange verifies them and could not have made them. Later
versions of list and packs will be submitted as statements; this module only opens an empty log.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rogatory.audit.errors import FileRefused
from rogatory.audit.files import read_file
from rogatory.audit.framing import th
from rogatory.protocol import codec, errors, tags
from rogatory.protocol.catalogues import Catalogue, read_catalogue
from rogatory.protocol.directory import Directory, TrustRoot
from rogatory.protocol.entry import Fields, scheme_fields
from rogatory.protocol.entry_schema import SCHEMA
from rogatory.protocol.errors import Invalid, NotVerified
from rogatory.protocol.header import Address, StatementKind
from rogatory.protocol.laws import open_pack, open_recall
from rogatory.protocol.pack import Pack
from rogatory.protocol.quorum import MAX_QUORUM, Quorum, open_root, open_trust_list, quorum_digest
from rogatory.server.store.contract import SchemeRow


@dataclass(frozen=True, slots=True)
class SchemeObject:
    """A kind of the scheme with its exact bytes."""

    kind: StatementKind
    data: bytes

    def fields(self, time_ms: int) -> Fields:
        """Return the values of its entry."""
        digest = th(tags.RAW, self.data) if self.kind is StatementKind.CONFIG else quorum_digest(self.data)
        return scheme_fields(self.kind, digest, time_ms)


def read_scheme(folder: Path) -> tuple[SchemeObject, ...]:
    """Read the signed files of a new realm: ``root.quorum``, ``trust-list.quorum``, ``packs/*.quorum``.

    Raises:
        Invalid: A file is missing, no regular file, or larger than such a file can be.
        RogatoryError: A file does not verify.
    """
    packs = sorted((folder / "packs").glob("*.quorum"))
    if not packs:
        # Without a law nothing could ever be asked, and what a log begins with cannot be taken back.
        raise Invalid(errors.X_FIELD_MISSING, "scheme.packs", "PRESENT")
    found = (
        SchemeObject(StatementKind.CONFIG, SCHEMA),
        SchemeObject(StatementKind.ROOT, _read(folder / "root.quorum", "scheme.root")),
        SchemeObject(StatementKind.TRUST_LIST, _read(folder / "trust-list.quorum", "scheme.trust_list")),
        *(SchemeObject(StatementKind.PACK, _read(path, "scheme.packs")) for path in packs),
    )
    load_scheme([SchemeRow(i, item.kind.name, item.data) for i, item in enumerate(found)])
    return found


def _read(path: Path, at: str) -> bytes:
    try:
        data = read_file(path, MAX_QUORUM)
    except FileRefused as refused:
        raise Invalid(errors.X_FIELD_INVALID, at, refused.rule) from refused
    codec.decode(Quorum, data, limit=MAX_QUORUM, at=at)  # so that the file is named, not only its form
    return data


def load_scheme(rows: Sequence[SchemeRow]) -> tuple[TrustRoot, Directory, dict[bytes, Pack]]:
    """Verify what the log holds of the scheme and return root, directory and packs by digest.

    Raises:
        NotVerified: A part is missing or does not verify.
    """
    root_row = next((row for row in rows if row.kind == "ROOT"), None)
    lists = [row for row in rows if row.kind == "TRUST_LIST"]
    if root_row is None or not lists:
        raise NotVerified(errors.X_FIELD_MISSING, "scheme", "ROOT_AND_LIST")
    root, realm = open_root(root_row.data)
    directory = open_trust_list(lists[-1].data, root, realm, lists[-1].i)
    return root, directory, load_laws(rows, root)


def load_laws(rows: Sequence[SchemeRow], root: TrustRoot) -> dict[bytes, Pack]:
    """Return the packs of the log by digest, with what was recalled of them.

    Raises:
        NotVerified: A quorum is not met.
    """
    packs: dict[bytes, Pack] = {}
    for row in rows:
        if row.kind == StatementKind.PACK.name:
            pack = open_pack(row.data, root)
            packs[pack.digest] = pack
        elif row.kind == StatementKind.PACK_RECALL.name:
            recall = open_recall(row.data, root)
            packs[recall.pack_digest] = replace(packs[recall.pack_digest], recalled_at=row.i)
    return packs


def newest_catalogues(rows: Iterable[SchemeRow]) -> dict[Address, tuple[SchemeRow, Catalogue]]:
    """Return the newest catalogue of each unit; they were verified when they came in, and versions only grow."""
    found: dict[Address, tuple[SchemeRow, Catalogue]] = {}
    for row in rows:
        if row.kind == StatementKind.CATALOGUE.name:
            catalogue = read_catalogue(row.data)
            found[catalogue.address] = (row, catalogue)
    return found
