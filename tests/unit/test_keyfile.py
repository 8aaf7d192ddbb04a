# SPDX-License-Identifier: Apache-2.0
"""Key files: the passphrase opens them, nothing else does, and no file can choose its own cost freely."""

import stat
import struct
from pathlib import Path
from typing import Any

import pytest

from rogatory.client import keyfile
from rogatory.client.keyfile import Cost, Limits, lock, unlock
from rogatory.protocol import errors
from rogatory.protocol.errors import Invalid, NotVerified

_QUICK = Cost(passes=1, lanes=1, memory_kib=64)
_ANY = Limits(floor=_QUICK, ceiling=Cost(passes=4, lanes=4, memory_kib=1024))
_SECRETS = {"device/sign": b"s" * 32, "device/tls": b"t" * 121}


def _locked(passphrase: str = "correct horse") -> bytes:
    return lock(_SECRETS, passphrase, _QUICK)


def test_the_passphrase_gives_the_secrets_back() -> None:
    assert unlock(_locked(), "correct horse", _ANY) == _SECRETS


def test_the_same_passphrase_typed_on_another_keyboard_opens_the_file() -> None:
    assert unlock(_locked("caf\u00e9"), "cafe\u0301", _ANY) == _SECRETS


def test_a_wrong_passphrase_has_a_code_of_its_own() -> None:
    with pytest.raises(NotVerified) as caught:
        unlock(_locked(), "correct horsf", _ANY)
    assert caught.value.code == errors.X_PASSPHRASE


def test_an_empty_passphrase_locks_nothing() -> None:
    with pytest.raises(Invalid) as caught:
        _locked("")
    assert caught.value.code == errors.X_PASSPHRASE


def test_neither_secrets_nor_their_names_stand_in_the_file_and_no_two_files_are_alike() -> None:
    first, second = _locked(), _locked()
    assert b"device" not in first
    assert (b"s" * 32).hex().encode() not in first
    assert first[32:60] != second[32:60]


def test_every_changed_byte_is_noticed() -> None:
    data = _locked()
    for place in range(len(data)):
        bad = bytearray(data)
        bad[place] ^= 1
        with pytest.raises((NotVerified, Invalid)):
            unlock(bytes(bad), "correct horse", _ANY)


def test_a_cut_or_foreign_file_is_refused() -> None:
    for data in (b"", b"-----BEGIN PRIVATE KEY-----", _locked()[:60], _locked().replace(b"/1\n", b"/2\n")):
        with pytest.raises(Invalid) as caught:
            unlock(data, "correct horse", _ANY)
        assert caught.value.code == errors.X_ENCODING
    with pytest.raises(Invalid) as large:
        unlock(bytes(70_000), "correct horse", _ANY)
    assert large.value.code == errors.X_TOO_LARGE


def test_new_files_cost_256_mib_and_three_passes() -> None:
    assert Cost(passes=3, lanes=4, memory_kib=262_144) == keyfile.DEFAULT_COST
    floor, ceiling = keyfile.DEFAULT_LIMITS.floor, keyfile.DEFAULT_LIMITS.ceiling
    assert (floor.passes, floor.memory_kib) == (3, 65_536)
    assert ceiling.memory_kib <= 1_048_576
    assert ceiling.passes <= 8


@pytest.mark.parametrize(
    ("cost", "field", "rule"),
    [
        ((1, 4, 262_144), "key_file.passes", "COST_FLOOR"),
        ((3, 4, 64), "key_file.memory_kib", "COST_FLOOR"),
        ((3, 0, 262_144), "key_file.lanes", "COST_FLOOR"),
        ((4_000_000_000, 4, 262_144), "key_file.passes", "COST_CEILING"),
        ((3, 4_000_000_000, 262_144), "key_file.lanes", "COST_CEILING"),
        ((3, 4, 1 << 30), "key_file.memory_kib", "COST_CEILING"),
    ],
)
def test_a_hostile_file_can_ask_neither_for_nothing_nor_for_everything(
    cost: tuple[int, int, int], field: str, rule: str
) -> None:
    data = bytearray(_locked())
    struct.pack_into(">III", data, 20, *cost)
    with pytest.raises(Invalid) as caught:
        unlock(bytes(data), "correct horse")
    assert (caught.value.field, caught.value.rule) == (field, rule)


@pytest.mark.parametrize("name", ["", "Upper", "../up", "a" * 200, "sp ace"])
def test_names_are_plain(name: str) -> None:
    with pytest.raises(Invalid):
        lock({name: b"x"}, "correct horse", _QUICK)


def test_more_than_a_key_file_holds_is_refused() -> None:
    with pytest.raises(Invalid) as caught:
        lock({"large": bytes(40_000)}, "correct horse", _QUICK)
    assert caught.value.code == errors.X_TOO_LARGE


def test_a_saved_file_is_its_owners_and_is_not_overwritten_by_accident(tmp_path: Path) -> None:
    path = tmp_path / "device.key"
    keyfile.save(path, _locked())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(Invalid) as caught:
        keyfile.save(path, b"other")
    assert caught.value.rule == "EXISTS"
    assert unlock(keyfile.load(path), "correct horse", _ANY) == _SECRETS
    newer = lock({"device/sign": b"n" * 32}, "correct horse", _QUICK)
    keyfile.save(path, newer, replace=True)
    assert keyfile.load(path) == newer
    assert [found.name for found in tmp_path.iterdir()] == ["device.key"]


def test_salt_and_nonce_come_from_the_source_that_is_given() -> None:
    class Counting:
        def __init__(self) -> None:
            self.asked: list[int] = []

        def token(self, length: int) -> bytes:
            self.asked.append(length)
            return bytes(length)

    source: Any = Counting()
    assert unlock(lock(_SECRETS, "correct horse", _QUICK, source), "correct horse", _ANY) == _SECRETS
    assert source.asked == [16, 12]
