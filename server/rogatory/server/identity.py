# SPDX-License-Identifier: Apache-2.0
"""Who is calling: from the client certificate to a row of the directory, on every call (cryptography §3).

Chains are not trusted to name anybody, since the authority of one organisation could name the device of another. The
certificate's public key must stand in an active row, and its one URI must name that row's organisation and subject.
A row that is revoked stops counting on the next call of an open connection. What a caller may do is decided by
``rogatory.server.policy`` and by the write path.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from cryptography import x509

from rogatory.protocol import errors
from rogatory.protocol.directory import Directory, KeyRow, OrgRow, RowStatus
from rogatory.protocol.errors import NotAuthorised, Refused
from rogatory.server.tls import spki_digest

AuthContext = Mapping[str, Iterable[bytes]]

_CERTIFICATE: Final = "x509_pem_cert"
_VERSION: Final = "ssl_tls_version"
_GROUP: Final = "ssl_negotiated_key_exchange_group"
# The one hybrid group that gRPC offers; what is recorded today cannot be opened by a quantum computer later.
PQ_GROUP: Final = "X25519MLKEM768"


_KNOWN: Final = 4096


@dataclass(frozen=True, slots=True)
class Caller:
    """The enrolled device at the other end of a call; ``group`` is what its connection's keys were agreed with."""

    row: KeyRow
    org: OrgRow
    group: str = ""

    @property
    def spki(self) -> bytes:
        """Digest of the certificate's public key."""
        return self.row.tls_spki


_current: ContextVar[Caller] = ContextVar("rogatory_caller")


def identify(auth: AuthContext, directory: Directory, now_ms: int, *, require_pq: bool = False) -> Caller:
    """Return the caller behind a connection's authentication context.

    Raises:
        NotAuthorised: ``X_CERTIFICATE_NOT_TRUSTED``, with the rule that fails.
    """
    if list(auth.get(_VERSION, ())) != [b"TLSv1.3"]:
        raise _untrusted("TLS.VERSION")
    group = b"".join(auth.get(_GROUP, ())).decode("ascii", "replace")
    if require_pq and group != PQ_GROUP:
        raise _untrusted("TLS.GROUP")
    chain = tuple(auth.get(_CERTIFICATE, ()))
    if len(chain) != 1:
        raise _untrusted("TLS.CERTIFICATE")
    spki, uris = _leaf(bytes(chain[0]))
    row = directory.device(spki)
    if row is None:
        raise _untrusted("DIRECTORY.SPKI")
    if row.status is not RowStatus.ACTIVE or not row.valid_from_ms <= now_ms < row.valid_until_ms:
        raise _untrusted("DIRECTORY.VALIDITY")
    if uris != (f"spiffe://rogatory/org/{row.org.hex()}/dev/{row.subject.hex()}",):
        raise _untrusted("TLS.URI")
    try:
        return Caller(row, directory.org(row.org, "peer"), group)
    except Refused as error:
        raise _untrusted("DIRECTORY.ORG") from error


class Callers:
    """``identify`` with a memory: by one directory, one certificate is one caller for as long as its row is valid.

    Args:
        require_pq: As for ``identify``.
    """

    def __init__(self, *, require_pq: bool = False) -> None:
        self._require_pq = require_pq
        self._directory: Directory | None = None
        self._known: dict[tuple[tuple[bytes, ...], ...], Caller] = {}

    def identify(self, auth: AuthContext, directory: Directory, now_ms: int) -> Caller:
        """See ``identify``; who is refused is looked at anew each time."""
        if directory is not self._directory or len(self._known) >= _KNOWN:
            self._directory, self._known = directory, {}
        evidence = tuple(tuple(auth.get(name, ())) for name in (_CERTIFICATE, _VERSION, _GROUP))
        caller = self._known.get(evidence)
        if caller is None or not caller.row.valid_from_ms <= now_ms < caller.row.valid_until_ms:
            caller = identify(auth, directory, now_ms, require_pq=self._require_pq)
            self._known[evidence] = caller
        return caller


def enter(caller: Caller) -> None:
    """Make a caller the current one of this call; each call runs in a task of its own."""
    _current.set(caller)


def group() -> str:
    """Return what the connection's keys were agreed with; nothing where nobody was identified."""
    caller = _current.get(None)
    return caller.group if caller is not None else ""


def current() -> Caller:
    """Return the caller of this call.

    Raises:
        NotAuthorised: Nobody was identified; no handler runs without.
    """
    caller = _current.get(None)
    if caller is None:
        raise _untrusted("TLS.CERTIFICATE")
    return caller


@functools.lru_cache(maxsize=4096)
def _leaf(pem: bytes) -> tuple[bytes, tuple[str, ...]]:
    """Return a leaf's SPKI digest and its URIs; connections make many calls with one certificate."""
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound) as error:
        raise _untrusted("TLS.CERTIFICATE") from error
    return spki_digest(certificate), tuple(names.get_values_for_type(x509.UniformResourceIdentifier))


def _untrusted(rule: str) -> NotAuthorised:
    return NotAuthorised(errors.X_CERTIFICATE_NOT_TRUSTED, "peer", rule)
