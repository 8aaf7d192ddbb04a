# SPDX-License-Identifier: Apache-2.0
"""Settings: everything wrong is found before the start, told by key and rule, and never by value."""

from pathlib import Path

import pytest

from rogatory.server.config import Settings, StartupError, load_settings
from tests.support.realm import TrainingRealm, copy_private


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("realm")
    TrainingRealm.build(folder)
    return folder / "server"


@pytest.fixture
def server(template: Path, tmp_path: Path) -> Path:
    """A copy of an exchange's folder, files private as they were."""
    return copy_private(template, tmp_path)


def load(server: Path) -> Settings:
    return load_settings(server / "config.toml")


def rewrite(server: Path, old: str, new: str) -> None:
    config = server / "config.toml"
    text = config.read_text()
    assert old in text
    config.write_text(text.replace(old, new))


def test_what_the_training_ceremony_writes_is_accepted_and_paths_count_from_the_file(server: Path) -> None:
    settings = load(server)
    assert settings.address == ("127.0.0.1", 0)
    assert settings.keys.exchange == server / "data" / "keys" / "exchange.seed"
    assert settings.ratchet == server / "data" / "ratchet"


def test_the_environment_overrides_the_file(server: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROGATORY_HEARTBEAT_SECONDS", "3")
    monkeypatch.setenv("ROGATORY_LIMITS__STREAMS_PER_PEER", "7")
    settings = load(server)
    assert (settings.heartbeat_seconds, settings.limits.streams_per_peer) == (3, 7)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('data_dir = "data"', 'data_dir = "data"\nsurprise = 1', r"surprise: EXTRA_FORBIDDEN"),
        ('key = "tls', 'surprise = 1\nkey = "tls', r"tls\.surprise: EXTRA_FORBIDDEN"),
        ('data_dir = "data"\n', "", r"data_dir: MISSING"),
        ('"127.0.0.1:0"', '"192.0.2.1:0"', r"listen: LOOPBACK_UNLESS_ALLOW_REMOTE"),
        ('"127.0.0.1:0"', '"127.0.0.1"', r"listen: HOST_AND_PORT"),
        ('"127.0.0.1:0"', '"127.0.0.1:70000"', r"listen: PORT"),
        ('scheme_dir = "scheme"', 'scheme_dir = "nowhere"', r"scheme_dir: FOLDER_EXISTS"),
        ('"tls/exchange.pem"', '"tls/nowhere.pem"', r"tls\.certificate: FILE_EXISTS"),
        ('data_dir = "data"', 'data_dir = "data"\nheartbeat_seconds = 0', r"heartbeat_seconds: GREATER_THAN"),
        (
            'data_dir = "data"',
            'data_dir = "data"\nlimits = {calls_per_peer = 0}',
            r"limits\.calls_per_peer: ",
        ),
        ("[tls]", "[tls", r"settings: TOML"),
    ],
)
def test_what_does_not_hold_is_told_by_key_and_rule(server: Path, old: str, new: str, problem: str) -> None:
    rewrite(server, old, new)
    with pytest.raises(StartupError, match=problem):
        load(server)


def test_listening_to_the_world_must_be_said(server: Path) -> None:
    rewrite(server, '"127.0.0.1:0"', '"192.0.2.1:443"\nallow_remote = true')
    assert load(server).address == ("192.0.2.1", 443)


@pytest.mark.parametrize(
    "key", ["tls.key", "keys.log_ed25519", "keys.log_ml_dsa_44", "keys.exchange", "keys.clock"]
)
def test_a_secret_that_others_may_read_is_refused(server: Path, key: str) -> None:
    group, name = key.split(".")
    path: Path = getattr(getattr(load(server), group), name)
    path.chmod(0o640)
    with pytest.raises(StartupError, match=f"^{key.replace('.', '[.]')}: MODE_0600$"):
        load(server)


def test_a_data_folder_that_others_may_enter_is_refused(server: Path) -> None:
    (server / "data").chmod(0o750)
    with pytest.raises(StartupError, match="data_dir: MODE_0700"):
        load(server)


def test_a_mistake_is_never_told_by_its_value(server: Path) -> None:
    rewrite(server, 'listen = "127.0.0.1:0"', 'listen = ["hush"]')
    rewrite(server, 'data_dir = "data"', 'data_dir = "data"\nlog_level = "hush"')
    with pytest.raises(StartupError) as caught:
        load(server)
    assert "hush" not in str(caught.value)
    assert str(caught.value) == "listen: STRING_TYPE; log_level: LITERAL_ERROR"


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(StartupError, match="settings: FILE_EXISTS"):
        load_settings(tmp_path / "config.toml")
