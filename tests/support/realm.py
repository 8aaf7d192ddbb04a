# SPDX-License-Identifier: Apache-2.0
"""A whole training realm for tests, made by the product's own ceremony. Nobody in it exists.

People: investigator, second-investigator (agency), other-investigator (other-agency), prosecutor, judge (authority),
compliance, provider-service (provider), other-compliance, other-provider-service (other-provider), inspector
(oversight), exchange (operator).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rogatory.client import realm_files
from rogatory.client.ceremony import Realm, make_training_realm
from rogatory.client.certificates import Credential
from rogatory.client.pack_library import chosen_packs
from rogatory.protocol.directory import Directory, KeyRow, OrgRow, TrustRoot, UnitRow
from rogatory.protocol.header import Address
from rogatory.protocol.ids import Clock, Entropy, SystemClock, SystemEntropy
from rogatory.protocol.keys import Signer
from rogatory.protocol.laws import open_pack
from rogatory.protocol.pack import Pack
from rogatory.protocol.quorum import open_root, open_trust_list


class FixedClock:
    """A clock that stands until it is moved."""

    def __init__(self, at_ms: int = 1_795_500_000_000) -> None:
        self.at_ms = at_ms

    def now_ms(self) -> int:
        return self.at_ms


class SeededEntropy:
    """Bytes that repeat from run to run. For tests only."""

    def __init__(self, label: str = "test") -> None:
        self._state = hashlib.shake_256(label.encode()).digest(32)

    def token(self, length: int) -> bytes:
        data = hashlib.shake_256(self._state).digest(32 + length)
        self._state = data[:32]
        return data[32:]


def copy_private(source: Path, target: Path) -> Path:
    """Copies what is in a folder, files private as a ceremony makes them, and returns the copy."""
    for path in sorted(source.rglob("*")):
        other = target / path.relative_to(source)
        if path.is_dir():
            other.mkdir(mode=0o700)
        else:
            other.write_bytes(path.read_bytes())
            other.chmod(0o600)
    return target


@dataclass(frozen=True)
class TrainingRealm:
    """A realm with its parts opened and verified the way a party opens them."""

    realm: Realm
    root: TrustRoot
    directory: Directory
    packs: dict[bytes, Pack]

    @classmethod
    def build(
        cls,
        folder: Path | None = None,
        *,
        clock: Clock | None = None,
        entropy: Entropy | None = None,
        listen: str = "127.0.0.1:0",
        index: int = 2,
        packs: tuple[bytes, ...] = (),
    ) -> TrainingRealm:
        """Makes a new realm and, with a folder, writes `folder/server` and `folder/realm`.

        Directory rows are valid from an hour before the clock for ninety days; TLS needs the real clock, the default.
        """
        realm = make_training_realm(
            packs or chosen_packs(), clock or SystemClock(), entropy or SystemEntropy()
        )
        if folder is not None:
            realm_files.write_server(realm, folder / "server", listen)
            realm_files.write_scheme(realm, folder / "realm")
        root, fingerprint = open_root(realm.root, realm.fingerprint)
        laws = [open_pack(data, root) for data in realm.packs.values()]
        return cls(
            realm,
            root,
            open_trust_list(realm.trust_list, root, fingerprint, index),
            {pack.digest: pack for pack in laws},
        )

    @property
    def pack(self) -> Pack:
        """The EU pack."""
        return next(pack for pack in self.packs.values() if pack.pack_id.startswith("eu.e-evidence"))

    def row(self, name: str) -> KeyRow:
        return self.realm.members[name].row

    def role(self, name: str) -> str:
        return self.realm.members[name].role

    def signer(self, name: str) -> Signer:
        return self.realm.members[name].signer()

    def seed(self, name: str) -> bytes:
        """The member's Ed25519 signing seed."""
        return self.realm.members[name].seed

    def tls(self, name: str) -> Credential:
        return self.realm.members[name].tls

    def org(self, name: str) -> OrgRow:
        """Row of an organisation, by its name or by that of one of its people."""
        return self.realm.units[self._org_name(name)].org

    def unit(self, name: str) -> UnitRow:
        """Row of the unit of an organisation, by its name or by that of one of its people."""
        return self.realm.units[self._org_name(name)].row

    def address(self, name: str) -> Address:
        return self.unit(name).address

    def unit_seed(self, name: str) -> bytes:
        """X-Wing seed of the unit of an organisation, by its name or by that of one of its people."""
        return self.realm.units[self._org_name(name)].seed

    def _org_name(self, name: str) -> str:
        member = self.realm.members.get(name)
        return name if member is None else member.org_name


@cache
def shared_realm() -> TrainingRealm:
    """Returns one realm for all tests of a process that only read it; made from fixed bytes, valid by the real clock."""
    return TrainingRealm.build(entropy=SeededEntropy("shared realm"))
