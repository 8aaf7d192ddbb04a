# SPDX-License-Identifier: Apache-2.0
"""Who gets which keys: an operator none of people or roots, a service none that opens, and secrets never leave by print.

Key files are locked at the lowest cost that the product accepts. No server takes part.
"""

import contextlib
import io
import json
import stat
from pathlib import Path

import pytest
from cryptography import x509

from rogatory.client.cli.main import run
from rogatory.client.enrolment import new_keys
from rogatory.client.exchange_init import init_exchange
from rogatory.client.keyfile import DEFAULT_LIMITS, unlock
from rogatory.client.profile import KEYS, Profile
from rogatory.client.realm_init import TrainingMade, init_training
from rogatory.protocol.errors import Invalid
from rogatory.protocol.header import Address
from rogatory.protocol.keys import Alg, key_id

PASSPHRASE = "words for training only"
COST = DEFAULT_LIMITS.floor


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, TrainingMade]:
    folder = tmp_path_factory.mktemp("training") / "new"
    return folder, init_training(folder, PASSPHRASE, cost=COST)


def test_everybody_of_a_training_realm_has_a_profile_that_opens(made: tuple[Path, TrainingMade]) -> None:
    folder, report = made
    assert {item.name for item in report.profiles} >= {
        "investigator",
        "prosecutor",
        "judge",
        "compliance",
        "provider-service",
        "inspector",
    }
    for item in report.profiles:
        profile = Profile.open(folder / "profiles" / item.name)
        assert profile.config.realm == report.realm
        assert profile.config.person.role == item.role
        assert profile.config.address == report.address


def test_a_service_that_runs_unattended_holds_no_key_that_opens(made: tuple[Path, TrainingMade]) -> None:
    folder, report = made
    for item in report.profiles:
        secrets = Profile.open(folder / "profiles" / item.name).unlock(PASSPHRASE)
        assert bool(secrets.unit_keys.key_ids) is (item.role != "SERVICE")


def test_the_exchange_gets_no_key_of_a_person_and_no_root(made: tuple[Path, TrainingMade]) -> None:
    folder, report = made
    server = b"".join(path.read_bytes() for path in (folder / "server").rglob("*") if path.is_file())
    for item in report.profiles:
        for secret in unlock((folder / "profiles" / item.name / KEYS).read_bytes(), PASSPHRASE).values():
            if len(secret) == 32:
                assert secret not in server
                assert secret.hex().encode() not in server
    names = {path.name for path in (folder / "server" / "data" / "keys").iterdir()}
    assert names == {"clock.seed", "exchange.seed", "log-ed25519.seed", "log-ml-dsa-44.seed"}


def test_a_ceremony_overwrites_nothing(made: tuple[Path, TrainingMade]) -> None:
    folder, _ = made
    for again in (
        lambda: init_training(folder, PASSPHRASE, cost=COST),
        lambda: init_exchange(folder, "log.example.org", "exchange.example.org", "127.0.0.1:1"),
        lambda: new_keys(folder, Address(bytes(16), bytes(16)), PASSPHRASE, cost=COST),
    ):
        with pytest.raises(Invalid) as caught:
            again()
        assert caught.value.rule == "EMPTY"


@pytest.mark.parametrize("listen", ["127.0.0.1:0", "127.0.0.1", ":7", "127.0.0.1:x", "127.0.0.1:70000"])
def test_profiles_remember_an_address_so_it_must_be_a_real_one(listen: str, tmp_path: Path) -> None:
    with pytest.raises(Invalid):
        init_training(tmp_path / "realm", PASSPHRASE, listen, cost=COST)
    assert not (tmp_path / "realm").exists()


def test_a_production_exchange_makes_its_own_keys_and_asks_for_the_rest(tmp_path: Path) -> None:
    report = init_exchange(tmp_path / "x", "log.example.org/2026", "exchange.example.org", "127.0.0.1:7645")
    public = json.loads((tmp_path / "x" / "enrolment.json").read_text())
    request = x509.load_pem_x509_csr(public["certificate_request"].encode())
    names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["exchange.example.org"]
    raw = bytes.fromhex(public["exchange_key"]["raw"])
    assert key_id(public["exchange_key"]["alg"], raw) == report.key_id
    assert len(public["log_vkeys"]) == 2
    for path in (tmp_path / "x").rglob("*.seed"):
        assert path.read_text().strip() not in json.dumps(public)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    files = {path.name for path in (tmp_path / "x").rglob("*") if path.is_file()}
    assert not files & {"root.quorum", "trust-list.quorum", "exchange.pem"}
    assert report.missing


@pytest.mark.parametrize("alg", [Alg.ED25519, Alg.P256])
def test_new_keys_stay_locked_and_only_public_ones_travel(alg: Alg, tmp_path: Path) -> None:
    unit = Address(bytes([1]) * 16, bytes([2]) * 16)
    report = new_keys(tmp_path / "k", unit, PASSPHRASE, alg, unit_key=True, cost=COST)
    secrets = unlock((tmp_path / "k" / KEYS).read_bytes(), PASSPHRASE)
    public = (tmp_path / "k" / "enrolment.json").read_text()
    assert all(secret.hex() not in public for secret in secrets.values() if len(secret) == 32)
    data = json.loads(public)
    assert key_id(data["signing_key"]["alg"], bytes.fromhex(data["signing_key"]["raw"])) == report.key_id
    assert key_id(Alg.X_WING, bytes.fromhex(data["sealing_key"])) == report.unit_key_id
    request = x509.load_pem_x509_csr(data["certificate_request"].encode())
    uris = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert uris.get_values_for_type(x509.UniformResourceIdentifier) == [
        f"spiffe://rogatory/org/{unit.org.hex()}/dev/{report.subject.hex()}"
    ]


def test_the_command_prints_no_secret(tmp_path: Path) -> None:
    (tmp_path / "pass").write_text(PASSPHRASE)
    out, err = io.StringIO(), io.StringIO()
    arguments = ["keys", "new", str(tmp_path / "k"), "--org", "01" * 16, "--unit", "02" * 16, "--json"]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        assert run([*arguments, "--unit-key", "--passphrase-file", str(tmp_path / "pass")]) == 0
    secrets = unlock((tmp_path / "k" / KEYS).read_bytes(), PASSPHRASE)
    said = out.getvalue() + err.getvalue()
    assert PASSPHRASE not in said
    assert all(secret.hex() not in said for secret in secrets.values() if len(secret) == 32)
