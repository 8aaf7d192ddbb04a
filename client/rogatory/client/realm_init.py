# SPDX-License-Identifier: Apache-2.0
"""A training realm on disk in one call: the realm's public files, the exchange's folder, a profile for each person.

    DIR/realm     what everybody may have
    DIR/server    the exchange, ready for `rogatory-server --config DIR/server/config.toml`
    DIR/office    the key that signs regime packs, locked
    DIR/profiles  one profile for each person and service, all under one passphrase

Everything is invented and marked EXERCISE. An operational realm is never made like this: there each party makes its own
keys (`rogatory.client.enrolment`), and the exchange only its own (`rogatory.client.exchange_init`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rogatory.client.ceremony import Member, Realm, make_training_realm
from rogatory.client.keyfile import DEFAULT_COST, Cost, lock, save
from rogatory.client.law_office import PACK_KEY
from rogatory.client.pack_library import DEFAULT_PACK, chosen_packs
from rogatory.client.private_files import private_dir, require_new
from rogatory.client.profile import Person, Profile, ProfileConfig, pack_secrets
from rogatory.client.realm_files import CLOCK, EXCHANGE, write_scheme, write_server
from rogatory.protocol.header import Address, require
from rogatory.protocol.ids import Clock, Entropy, SystemClock, SystemEntropy
from rogatory.protocol.keys import Alg

DEFAULT_LISTEN: Final = "127.0.0.1:7645"
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class ProfileMade:
    """A profile that was written: its name, the role of its holder, the folder."""

    name: str
    label: str
    role: str
    folder: str


@dataclass(frozen=True, slots=True)
class TrainingMade:
    """What a training ceremony left on disk; ``realm`` is the fingerprint that names it."""

    realm: bytes
    marking: str
    address: str
    config: str
    packs: tuple[str, ...]
    profiles: tuple[ProfileMade, ...]


def init_training(
    folder: Path,
    passphrase: str,
    listen: str = DEFAULT_LISTEN,
    *,
    packs: Iterable[str] = (DEFAULT_PACK,),
    clock: Clock | None = None,
    entropy: Entropy | None = None,
    cost: Cost = DEFAULT_COST,
    progress: Progress | None = None,
) -> TrainingMade:
    """Make a training realm in a folder that does not exist yet or is empty.

    Args:
        folder: Where to write.
        passphrase: Locks the key file of every profile; one for all, since everything here is invented.
        listen: Host and port of the exchange; the port must be a real one, because profiles remember it.
        packs: Regime packs by id, or ``all``.
        clock: When the ceremony takes place.
        entropy: Where keys and ids come from.
        cost: Argon2id parameters of the key files.
        progress: Called with (profiles written, profiles in all).

    Raises:
        Invalid: The folder is not empty, the address has no port, or the passphrase is empty.
        Refused: ``X_PACK_UNKNOWN``.
    """
    host, _, port = listen.rpartition(":")
    require(host and port.isdigit() and 0 < int(port) < 65_536, "listen", "HOST_PORT")
    require_new(folder)
    clock, entropy = clock or SystemClock(), entropy or SystemEntropy()
    realm = make_training_realm(chosen_packs(packs), clock, entropy)
    config = write_server(realm, folder / "server", listen)
    write_scheme(realm, folder / "realm")
    # In an operational realm these keys are on other people's machines; here, who learns plays them too.
    private_dir(folder / "office")
    save(folder / "office" / "pack.key", lock({PACK_KEY: realm.scheme.pack}, passphrase, cost, entropy))
    people = [member for name, member in realm.members.items() if name not in {CLOCK, EXCHANGE}]
    made = []
    for i, member in enumerate(people, start=1):
        made.append(_profile(realm, member, folder / "profiles" / member.name, listen, passphrase, cost))
        if progress is not None:
            progress(i, len(people))
    return TrainingMade(
        realm=realm.fingerprint,
        marking="EXERCISE",
        address=listen,
        config=str(config),
        packs=tuple(sorted(realm.packs)),
        profiles=tuple(made),
    )


def _profile(
    realm: Realm, member: Member, folder: Path, address: str, passphrase: str, cost: Cost
) -> ProfileMade:
    row, unit = member.row, realm.units[member.org_name]
    # A service signs `delivered` and opens nothing: it gets no key that could.
    officer = row.subject_kind != "SERVICE"
    seeds = [(Address(row.org, row.unit), unit.seed)] if officer and unit.seed else []
    config = ProfileConfig(
        name=member.name,
        address=address,
        realm=realm.fingerprint,
        person=Person(row.org, row.unit, row.subject, member.role),
        names={identity.hex(): name for identity, name in realm.names.items()},
    )
    Profile.create(
        folder,
        config,
        key_file=lock(pack_secrets(member.seed, Alg(row.alg), seeds), passphrase, cost),
        tls_cert=member.tls.certificate,
        tls_key=member.tls.key,
        tls_ca=realm.authority.certificate,
    )
    return ProfileMade(member.name, member.label, member.role, str(folder))
