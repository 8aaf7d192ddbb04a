# SPDX-License-Identifier: Apache-2.0
"""What one decision is made from: the statement, its place and time, directory and pack.

Small helpers that the rule modules share; no rule stands here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn, TypeVar

from rogatory.protocol import errors
from rogatory.protocol.directory import Directory, OrgRow, PartyKind
from rogatory.protocol.envelope import Verified
from rogatory.protocol.errors import Refused
from rogatory.protocol.header import Address, Header
from rogatory.protocol.pack import Pack
from rogatory.protocol.state import RequestState, StateName

B = TypeVar("B")


@dataclass(frozen=True, slots=True)
class Setting:
    """Log index, commit time (milliseconds since the epoch), directory and pack of a decision."""

    index: int
    time_ms: int
    directory: Directory
    pack: Pack


@dataclass(frozen=True, slots=True)
class Decision:
    """One statement in its setting."""

    verified: Verified
    setting: Setting

    @property
    def header(self) -> Header:
        """The statement's header."""
        return self.verified.header

    @property
    def org(self) -> OrgRow:
        """The issuer's organisation."""
        return self.setting.directory.org(self.header.issuer.org, "header.issuer.org")

    def body(self, cls: type[B]) -> B:
        """Return the body, of the class that its kind has (checked when it was verified)."""
        body = self.verified.statement.body
        if not isinstance(body, cls):
            refuse(errors.X_FIELD_INVALID, "body", "KIND_MATCHES")
        return body

    def require_party(self, kind: PartyKind, address: Address, *, unit: bool = False) -> None:
        """Demand that the issuer belongs to an organisation of a kind, and is the one (unit) named by the request."""
        same = self.header.issuer.org == address.org and (not unit or self.header.issuer.unit == address.unit)
        if self.org.kind is not kind or not same:
            refuse(errors.X_NOT_AUTHORISED, "header.issuer", f"PARTY.{kind.name}")

    def require_state(self, state: RequestState, *names: StateName) -> None:
        """Demand that the request is in one of the states."""
        if state.name not in names:
            refuse(errors.X_STATE_NOT_ALLOWED, "header.kind", f"STATE.{state.name.name}")

    def require_about(self, digest: bytes, rule: str) -> None:
        """Demand that the statement answers exactly this envelope."""
        if self.header.about != digest:
            refuse(errors.X_FIELD_INVALID, "header.about", rule)


def refuse(code: str, field: str, rule: str) -> NoReturn:
    """Raise ``Refused``."""
    raise Refused(code, field, rule)
