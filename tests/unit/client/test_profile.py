# SPDX-License-Identifier: Apache-2.0
"""A profile is private, belongs to one process at a time, and is refused when somebody else could read or bend it.

Key files have their own tests; the realm here is invented.
"""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from rogatory.client.private_files import write_once, write_private
from rogatory.client.profile import (
    FOLDERS,
    Person,
    Profile,
    ProfileConfig,
    pack_secrets,
    unpack_secrets,
)
from rogatory.protocol.errors import Invalid, NotVerified, Unavailable
from rogatory.protocol.header import Address
from rogatory.protocol.keys import Alg, Ed25519Signer, P256Signer
from tests.support.desks import PASSPHRASE, make_profile, secrets_of
from tests.support.realm import shared_realm

PERSON = Person(bytes([1]) * 16, bytes([2]) * 16, bytes([3]) * 16, "INVESTIGATOR")
HOLD = """
import sys
from pathlib import Path
from rogatory.client.profile_lock import exclusive
with exclusive(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    return make_profile(shared_realm(), "investigator", tmp_path / "profile", "127.0.0.1:1")


def test_a_profile_comes_back_as_it_was_made(profile: Profile) -> None:
    again = Profile.open(profile.path)
    assert again.config == profile.config
    assert again.tls() == profile.tls()
    assert again.name_of(profile.config.person.subject) == "Ines Vestig (invented)"
    assert again.name_of(bytes(16)) == ""


def test_nobody_else_may_read_any_of_it(profile: Profile) -> None:
    for path in [profile.path, *profile.path.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path.name


@pytest.mark.parametrize("name", [".", "keys.rogatory"])
def test_a_profile_that_others_may_read_is_refused(profile: Profile, name: str) -> None:
    (profile.path / name).chmod(0o755)
    with pytest.raises(Invalid) as raised:
        Profile.open(profile.path)
    assert raised.value.rule == "OWNER_ONLY"


def test_there_is_never_a_second_profile_in_a_folder(profile: Profile) -> None:
    with pytest.raises(Invalid) as raised:
        make_profile(shared_realm(), "judge", profile.path, "127.0.0.1:1")
    assert raised.value.rule == "NEW"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"realm": "00"}, "profile.realm"),
        ({"address": "nowhere"}, "profile.address"),
        ({"version": 2}, "profile.version"),
        ({"surplus": 1}, "profile"),
        ({"name": 7}, "profile.name"),
    ],
)
def test_a_bent_configuration_is_refused_by_field(
    profile: Profile, change: dict[str, object], field: str
) -> None:
    path = profile.path / "profile.json"
    write_private(path, json.dumps({**json.loads(path.read_text()), **change}).encode())
    with pytest.raises(Invalid) as raised:
        Profile.open(profile.path)
    assert raised.value.field == field


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b"[1]"])
def test_what_is_no_configuration_is_refused(profile: Profile, data: bytes) -> None:
    write_private(profile.path / "profile.json", data)
    with pytest.raises(Invalid):
        Profile.open(profile.path)


def test_an_empty_folder_is_no_profile(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as raised:
        Profile.open(tmp_path)
    assert raised.value.code == "X_FIELD_MISSING"


def test_a_second_process_is_kept_out_until_the_first_ends(profile: Profile) -> None:
    path = profile.path / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(Unavailable) as raised, profile.lock():
            pytest.fail("two processes hold the lock")
        assert raised.value.rule == "PROFILE.LOCKED"
        other.kill()
        other.wait()
    with profile.lock():
        assert path.exists()


@pytest.mark.parametrize(("alg", "signer"), [(Alg.ED25519, Ed25519Signer), (Alg.P256, P256Signer)])
def test_secrets_come_back_as_the_keys_that_they_were(
    alg: Alg, signer: type[Ed25519Signer | P256Signer]
) -> None:
    seed, unit = b"\x11" * 32, shared_realm().unit_seed("judge")
    secrets = unpack_secrets(pack_secrets(seed, alg, [(Address(bytes(16), bytes(16)), unit)]))
    assert secrets.signer.public_key == signer(seed).public_key
    assert secrets.unit_keys.key_ids == {shared_realm().unit("judge").key_id}
    assert "11" * 8 not in repr(secrets)


def test_the_key_file_opens_with_its_passphrase(profile: Profile) -> None:
    from rogatory.client.keyfile import Cost, Limits, unlock  # noqa: PLC0415 - cheap limits for this test only

    cheap = Cost(1, 1, 64)
    found = unlock((profile.path / "keys.rogatory").read_bytes(), PASSPHRASE, Limits(cheap, cheap))
    assert found == secrets_of(shared_realm(), "investigator")


@pytest.mark.parametrize(
    "bad",
    [
        {},
        {"device/sign": b"short", "device/sign-alg": b"\x01"},
        {"device/sign": bytes(32), "device/sign-alg": b"\x09"},
        {"device/sign": bytes(32), "device/sign-alg": b""},
    ],
)
def test_a_key_file_without_a_usable_signing_key_is_refused(bad: dict[str, bytes]) -> None:
    with pytest.raises(Invalid):
        unpack_secrets(bad)


def test_the_certificates_key_is_the_rows(profile: Profile) -> None:
    assert profile.tls_spki == shared_realm().row("investigator").tls_spki
    (profile.path / "tls" / "cert.pem").write_bytes(b"no certificate")
    with pytest.raises(Invalid) as raised:
        _ = profile.tls_spki
    assert raised.value.field == "profile.tls.cert"


def test_folders_that_went_missing_are_made_again(profile: Profile) -> None:
    for name in FOLDERS:
        (profile.path / name).rmdir()
    opened = Profile.open(profile.path)
    assert all(opened.folder(name).is_dir() for name in FOLDERS)


def test_a_configuration_needs_whole_ids(tmp_path: Path) -> None:
    config = ProfileConfig("x", "127.0.0.1:1", bytes(32), Person(b"", b"", b"", "X"))
    with pytest.raises(Invalid) as raised:
        Profile.create(tmp_path / "p", config, key_file=b"", tls_cert=b"", tls_key=b"", tls_ca=b"")
    assert raised.value.field == "profile.person.org"
    assert not (tmp_path / "p").exists()


def test_a_file_is_replaced_whole_and_a_leftover_is_not_followed(tmp_path: Path) -> None:
    target, outside = tmp_path / "file", tmp_path / "outside"
    outside.write_bytes(b"untouched")
    (tmp_path / "file.tmp").symlink_to(outside)
    write_private(target, b"new")
    assert target.read_bytes() == b"new"
    assert outside.read_bytes() == b"untouched"


def test_what_was_kept_once_is_never_changed(tmp_path: Path) -> None:
    write_once(tmp_path / "folder" / "kept", b"one", "receipt")
    write_once(tmp_path / "folder" / "kept", b"one", "receipt")
    with pytest.raises(NotVerified) as raised:
        write_once(tmp_path / "folder" / "kept", b"two", "receipt")
    assert raised.value.rule == "STORED_DIFFERS"
    assert (tmp_path / "folder" / "kept").read_bytes() == b"one"
