# SPDX-License-Identifier: Apache-2.0
"""Every file that an exchange is started with, broken in every way: a key and a rule, and a start that can be tried again.

Settings, certificates, keys, and the scheme's signed files, which hold the regime packs. The steps of a start are taken in
this process; two whole starts show that the operator is told.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from rogatory.protocol.errors import RogatoryError
from rogatory.server import tls13
from rogatory.server.config import StartupError, load_settings
from rogatory.server.engine import Engine
from rogatory.server.tls import server_credentials
from rogatory.server.writer.__main__ import engine_files
from tests.support.breakages import BREAKAGES, BYTES, FILE, LINKED, picture
from tests.support.privilege import without_privilege
from tests.support.realm import SeededEntropy, TrainingRealm, copy_private

STARTS = "starts"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("realm")
    # A byte more shifts the last byte of a payload to where a tag is read, so keys and ids, which stand there, are the same
    # in every run, and that byte is no tag.
    TrainingRealm.build(folder, entropy=SeededEntropy("files of an exchange"))
    return folder / "server"


@pytest.fixture
def server(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of an exchange's folder that has never been started; files private as they were."""
    monkeypatch.setenv(tls13.VARIABLE, tls13.SUITES)
    return copy_private(template, tmp_path)


def start(server: Path) -> str:
    """The steps of a start that read a file; returns what is wrong, or that it starts."""
    try:
        settings = load_settings(server / "config.toml")
        server_credentials(settings.tls)
        Engine.open(engine_files(settings)).close()
    except (StartupError, RogatoryError) as error:
        return str(error)
    return STARTS


def _startup(key: str, content: str, **other: str) -> dict[str, str]:
    rules = {
        "vanished": "FILE_EXISTS",
        "a folder": "FILE_REGULAR",
        "a pipe": "FILE_REGULAR",
        "a device": "FILE_REGULAR",
        "a link to nowhere": "FILE_EXISTS",
        "closed": "FILE_READABLE",
        "oversized": "FILE_SIZE",
    }
    found = {name: f"{key}: {rule}" for name, rule in rules.items()} | {LINKED: STARTS}
    return found | dict.fromkeys(BYTES, content) | other


def _scheme(at: str, empty: str) -> dict[str, str]:
    rules = {
        "vanished": "PRESENT",
        "a folder": "REGULAR_FILE",
        "a pipe": "REGULAR_FILE",
        "a device": "REGULAR_FILE",
        "a link to nowhere": "PRESENT",
        "closed": "READABLE",
        "oversized": "SIZE_CAP",
    }
    found = {name: f"X_FIELD_INVALID scheme.{at} {rule}" for name, rule in rules.items()} | {LINKED: STARTS}
    parse = f"X_ENCODING scheme.{at} PARSE"
    return found | dict.fromkeys(BYTES, parse) | {"empty": empty}


NO_SETTINGS = "listen: MISSING; data_dir: MISSING; scheme_dir: MISSING; tls: MISSING; keys: MISSING"
FILES: dict[str, Mapping[str, str]] = {
    "config.toml": _startup("settings", "settings: TOML")
    | {"not UTF-8": "settings: UTF8", "empty": NO_SETTINGS, "truncated": "settings: TOML"},
    "tls/exchange.pem": _startup("tls.certificate", "tls.certificate: PEM_CERTIFICATE")
    | {"a byte order mark": STARTS},
    "tls/exchange.key": _startup("tls.key", "tls.key: PEM_KEY") | {"a byte order mark": STARTS},
    "tls/clients.pem": _startup("tls.client_ca", "tls.client_ca: PEM_CERTIFICATE")
    | {"a byte order mark": STARTS},
    "data/keys/log-ed25519.seed": _startup("keys.log_ed25519", "X_FIELD_INVALID keys.log_ed25519 KEY_FILE"),
    "data/keys/log-ml-dsa-44.seed": _startup(
        "keys.log_ml_dsa_44", "X_FIELD_INVALID keys.log_ml_dsa_44 KEY_FILE"
    ),
    "data/keys/exchange.seed": _startup("keys.exchange", "X_FIELD_INVALID keys.exchange KEY_FILE"),
    "data/keys/clock.seed": _startup("keys.clock", "X_FIELD_INVALID keys.clock KEY_FILE"),
    "scheme/root.quorum": _scheme("root", "X_FIELD_MISSING root.root_keys PRESENT"),
    "scheme/trust-list.quorum": _scheme("trust_list", "X_FIELD_INVALID quorum.payload_type TYPE"),
    "scheme/packs/*.quorum": _scheme("packs", "X_FIELD_INVALID quorum.payload_type TYPE")
    | {"vanished": "X_FIELD_MISSING scheme.packs PRESENT"},
}


def find(server: Path, name: str) -> Path:
    return min(server.glob(name))


def test_every_file_of_a_new_exchange_is_in_the_table(server: Path) -> None:
    named = {path for name in FILES for path in server.glob(name)}
    others = {path.name for path in server.rglob("*") if path.is_file()} - {path.name for path in named}
    assert others == {"fingerprint"}  # for people; the exchange does not read it
    assert start(server) == STARTS


@pytest.mark.parametrize(
    ("name", "breakage"), [(name, breakage) for name, answers in FILES.items() for breakage in answers]
)
def test_a_broken_file_of_the_exchange_is_told_by_key_and_rule(
    server: Path, name: str, breakage: str
) -> None:
    path = find(server, name)
    whole = path.read_bytes()
    BREAKAGES[breakage](path)
    before = picture(server)
    if breakage == "closed":
        with without_privilege():
            said = start(server)
    else:
        said = start(server)
    assert said == FILES[name][breakage]
    assert not list((server / "data").glob("*.sqlite-*"))  # closed, whether it started or not
    changed = {item for item, kind in picture(server).items() if before.get(item) != kind}
    if said == STARTS:
        return
    # An exchange that has not begun may lay out its own files, and nothing else.
    assert {item for item in changed if not item.startswith("data")} == set()
    if breakage in FILE and path.is_dir():
        path.rmdir()
    else:
        path.unlink(missing_ok=True)
    path.write_bytes(whole)
    path.chmod(0o600)
    assert start(server) == STARTS  # what was refused left nothing that stands in the way of a good start


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("surprise = 1\n", "surprise: EXTRA_FORBIDDEN"),
        ("listen = 5\n", "listen: STRING_TYPE"),
        ('listen = "127.0.0.1:0"\nlisten = "127.0.0.1:0"\n', "settings: TOML"),
        ("a = " + "[" * 100_000, "settings: TOML"),
        ("a = " + "9" * 10_000 + "\n", "settings: TOML"),
        ("a = 2026-11-24T10:00:00\n", "a: EXTRA_FORBIDDEN"),
    ],
)
def test_settings_that_do_not_do_are_told_and_never_repeated(server: Path, text: str, said: str) -> None:
    config = server / "config.toml"
    kept = [
        line
        for line in config.read_text().splitlines()
        if not line.startswith("listen") or "listen" not in text
    ]
    config.write_text(text + "\n".join(kept) + "\n")
    assert said in start(server)


def test_the_key_of_somebody_else_does_not_start_the_exchange(server: Path) -> None:
    (server / "data" / "keys" / "exchange.seed").write_text("ab" * 32 + "\n")
    assert start(server).startswith("X_KEY_UNKNOWN")


def _pipe(server: Path) -> None:
    (server / "config.toml").unlink()
    os.mkfifo(server / "config.toml")


def _no_list(server: Path) -> None:
    (server / "scheme" / "trust-list.quorum").unlink()


@pytest.mark.parametrize(
    ("change", "code", "told"),
    [
        (_pipe, 2, {"line": "rogatory-server: settings: FILE_REGULAR"}),
        (_no_list, 1, {"code": "X_FIELD_INVALID", "field": "scheme.trust_list", "rule": "PRESENT"}),
    ],
)
def test_the_operator_is_told_which_file_is_wrong(
    server: Path, change: Callable[[Path], None], code: int, told: Mapping[str, str]
) -> None:
    change(server)
    done = subprocess.run(
        [sys.executable, "-m", "rogatory.server.main", "--config", server / "config.toml"],
        capture_output=True,
        timeout=60,
        check=False,
        env={name: value for name, value in os.environ.items() if name != tls13.VARIABLE},
    )
    assert done.returncode == code
    lines: list[dict[str, Any]] = [
        json.loads(line) if line.startswith(b"{") else {"line": line.decode()}
        for line in done.stderr.splitlines()
    ]
    assert any(told.items() <= line.items() for line in lines), lines
