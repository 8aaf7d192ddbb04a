# SPDX-License-Identifier: Apache-2.0
"""Settings of the exchange: one TOML file, overridden by environment variables ``ROGATORY_...``.

Everything is checked before anything starts, and a mistake is told by key and rule, never by value. Unknown keys in the
file are refused. Secrets are only ever paths of files that nobody but the owner may read. Relative paths count from
the file's folder. Nobody below ``main`` reads the environment or this file.
"""

from __future__ import annotations

import ipaddress
import tomllib
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from typing_extensions import override

from rogatory.audit.errors import FileRefused
from rogatory.audit.files import read_file

MIB: Final = 1024 * 1024
MAX_NAMED: Final = MIB  # settings, certificates, keys
_REFUSED: Final = {
    "PRESENT": "FILE_EXISTS",
    "REGULAR_FILE": "FILE_REGULAR",
    "READABLE": "FILE_READABLE",
    "SIZE_CAP": "FILE_SIZE",
}
_STRICT: Final = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
_PUBLIC_FILES: Final = ("tls.certificate", "tls.client_ca")
_SECRET_FILES: Final = ("tls.key", "keys.log_ed25519", "keys.log_ml_dsa_44", "keys.exchange", "keys.clock")

Seconds = Annotated[float, Field(gt=0, le=86_400)]


class StartupError(Exception):
    """The exchange does not start. The text names a key and a rule and may be shown; it never holds a value."""


class TlsSettings(BaseModel):
    """Server certificate (ECDSA P-256), its key, and the authorities that client certificates may come from.

    With ``require_pq`` a connection whose keys were not agreed with ML-KEM makes no call but health checks.
    """

    model_config = _STRICT

    certificate: Path
    key: Path
    client_ca: Path
    require_pq: bool = False


class KeySettings(BaseModel):
    """Seed files, 32 bytes as hex: the log's two keys, the exchange's own and its clock's. Only the writer process reads them."""

    model_config = _STRICT

    log_ed25519: Path
    log_ml_dsa_44: Path
    exchange: Path
    clock: Path


class LimitSettings(BaseModel):
    """Limits by peer (one certificate) and by party (one organisation); none of them is global.

    A stream is a Watch or a transfer. ``rejections_per_peer`` statements of a peer may be rejected within
    ``rejection_seconds`` and leave an entry each; then it is turned away until they are over. ``disclosure_bytes`` bounds one disclosure, ``free_bytes`` is what uploads must
    leave on the disk.
    """

    model_config = _STRICT

    calls_per_peer: Annotated[int, Field(ge=1, le=100_000)] = 256
    calls_per_party: Annotated[int, Field(ge=1, le=100_000)] = 2048
    streams_per_peer: Annotated[int, Field(ge=1, le=10_000)] = 32
    streams_per_party: Annotated[int, Field(ge=1, le=100_000)] = 1024
    rejections_per_peer: Annotated[int, Field(ge=1, le=1_000_000)] = 16
    rejection_seconds: Seconds = 60.0
    disclosure_bytes: Annotated[int, Field(ge=4 * MIB, le=4_000_000 * MIB)] = 256 * 1024 * MIB
    free_bytes: Annotated[int, Field(ge=0)] = 1024 * MIB


class Settings(BaseSettings):
    """All settings. Make them with ``load_settings``."""

    model_config = SettingsConfigDict(
        env_prefix="ROGATORY_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    listen: str
    allow_remote: bool = False
    data_dir: Path
    scheme_dir: Path
    ratchet: Path = Path()
    tls: TlsSettings
    keys: KeySettings
    limits: LimitSettings = LimitSettings()
    heartbeat_seconds: Seconds = 15.0
    publish_seconds: Seconds = 1.0
    call_seconds: Seconds = 30.0
    idle_seconds: Seconds = 60.0
    grace_seconds: Seconds = 30.0
    connection_seconds: Seconds = 3600.0
    connection_idle_seconds: Seconds = 300.0
    handshake_seconds: Seconds = 5.0
    keepalive_seconds: Seconds = 60.0
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @classmethod
    @override
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment before file, and nothing else."""
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings

    @model_validator(mode="after")
    def _listen_is_reachable_on_purpose(self) -> Settings:
        host, port = self.address
        if not 0 <= port <= 65_535:
            raise ValueError("PORT")
        if not (self.allow_remote or host == "localhost" or ipaddress.ip_address(host).is_loopback):
            raise ValueError("LOOPBACK_UNLESS_ALLOW_REMOTE")
        return self

    @property
    def address(self) -> tuple[str, int]:
        """Host and port to listen on."""
        host, separator, port = self.listen.rpartition(":")
        if not separator or not port.isascii() or not port.isdigit():
            raise ValueError("HOST_AND_PORT")
        return host.strip("[]"), int(port)

    @property
    def parts(self) -> Path:
        """Folder of disclosure parts."""
        return self.data_dir / "parts"

    @property
    def endpoint(self) -> Path:
        """File that says where the running exchange listens."""
        return self.data_dir / "endpoint.json"


def load_settings(path: Path) -> Settings:
    """Read, check and return the settings; every named file exists and every secret is private.

    Raises:
        StartupError: With key and rule.
    """
    try:
        values: dict[str, Any] = tomllib.loads(read_named(path, "settings").decode())
    except UnicodeDecodeError:
        raise StartupError("settings: UTF8") from None
    except (ValueError, RecursionError):  # no TOML, or a number or a nesting without measure
        raise StartupError("settings: TOML") from None
    try:
        settings = Settings(**values)
    except ValidationError as error:
        problems = (
            f"{'.'.join(map(str, item['loc'])) or 'listen'}: {_rule(item)}" for item in error.errors()
        )
        raise StartupError("; ".join(problems)) from None
    settings = _resolved(settings, path.resolve().parent)
    _check_files(settings)
    return settings


def read_named(path: Path, key: str) -> bytes:
    """Return what a file that the settings name (or are) holds.

    Raises:
        StartupError: It is missing, no regular file, not to be read, or larger than any of them can be.
    """
    try:
        return read_file(path, MAX_NAMED)
    except FileRefused as refused:
        raise StartupError(f"{key}: {_REFUSED[refused.rule]}") from None


def _rule(item: Any) -> str:  # noqa: ANN401 - pydantic's own dict of an error
    reason = item.get("ctx", {}).get("error")
    return str(reason) if isinstance(reason, ValueError) else str(item["type"]).upper()


def _resolved(settings: Settings, base: Path) -> Settings:
    def under(model: BaseModel) -> dict[str, Path]:
        return {name: base / value for name, value in model if isinstance(value, Path)}

    paths: dict[str, Any] = dict(under(settings))
    paths["tls"] = settings.tls.model_copy(update=under(settings.tls))
    paths["keys"] = settings.keys.model_copy(update=under(settings.keys))
    if settings.ratchet == Path():
        paths["ratchet"] = paths["data_dir"] / "ratchet"
    return settings.model_copy(update=paths)


def _check_files(settings: Settings) -> None:
    for key in ("data_dir", "scheme_dir"):
        folder: Path = getattr(settings, key)
        if not folder.is_dir():
            raise StartupError(f"{key}: FOLDER_EXISTS")
    if settings.data_dir.stat().st_mode & 0o077:
        raise StartupError("data_dir: MODE_0700")
    for key in (*_PUBLIC_FILES, *_SECRET_FILES):
        group, name = key.split(".")
        path: Path = getattr(getattr(settings, group), name)
        read_named(path, key)
        if key in _SECRET_FILES and path.stat().st_mode & 0o077:
            raise StartupError(f"{key}: MODE_0600")
