# SPDX-License-Identifier: Apache-2.0
"""Requests and answers of the services, as values. Mirrors ``rogatory/v1/services.proto``.

Used by the exchange's engine, by servicers and by the SDK, so that none of them handles generated classes beyond its
edge. Nothing here is signed; what must be believed is inside an envelope, a receipt or a note.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rogatory.protocol.header import StatementKind
from rogatory.protocol.receipt import Opening, Receipt, Rejection

MAX_MESSAGE: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class SubmitRequest:
    """Exact bytes of one envelope each."""

    envelopes: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class SubmitResult:
    """Exactly one of the two."""

    receipt: Receipt | None = None
    rejection: Rejection | None = None


@dataclass(frozen=True, slots=True)
class SubmitResponse:
    """In the order of the envelopes."""

    results: tuple[SubmitResult, ...] = ()


@dataclass(frozen=True, slots=True)
class GetRequestRequest:
    """Which request, and why it is read."""

    request_id: bytes = b""
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class LoggedStatement:
    """An envelope with its receipt in the caller's view."""

    envelope: bytes
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class GetRequestResponse:
    """All envelopes of a request in log order, and the receipt of the read entry that the call left."""

    statements: tuple[LoggedStatement, ...]
    read: Receipt


@dataclass(frozen=True, slots=True)
class ListRequestsRequest:
    """Requests whose last statement has this index or a later one."""

    from_index: int = 0
    limit: int = 0


@dataclass(frozen=True, slots=True)
class RequestTip:
    """A request and the index of its last statement."""

    request_id: bytes
    last_index: int


@dataclass(frozen=True, slots=True)
class ListRequestsResponse:
    """Tips, oldest change first; ``more`` when the limit cut the list."""

    requests: tuple[RequestTip, ...] = ()
    more: bool = False


@dataclass(frozen=True, slots=True)
class WatchRequest:
    """Where to go on in the caller's feed."""

    from_index: int = 0


@dataclass(frozen=True, slots=True)
class FeedItem:
    """Something addressed to the caller's party; ``feed_digest`` is the chain after it."""

    index: int
    request_id: bytes
    envelope_digest: bytes
    kind: StatementKind
    feed_digest: bytes


@dataclass(frozen=True, slots=True)
class PutSealedRequest:
    """The exact bytes of a sealed object that an ``issue`` of this request will name."""

    request_id: bytes = b""
    object: bytes = b""


@dataclass(frozen=True, slots=True)
class PutSealedResponse:
    """Digest under which the object is kept."""

    object_digest: bytes = b""


@dataclass(frozen=True, slots=True)
class FetchSealedRequest:
    """Which sections, and why."""

    request_id: bytes = b""
    object_digests: tuple[bytes, ...] = ()
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class FetchSealedResponse:
    """Objects in the order asked for, and the receipt of the read entry."""

    objects: tuple[bytes, ...]
    read: Receipt


@dataclass(frozen=True, slots=True)
class PartStart:
    """Which part follows: number, bytes already held, whole length, RFC 6962 leaf hash of the whole part."""

    request_id: bytes
    disclosure_id: bytes
    part: int
    offset: int
    length: int
    leaf: bytes


@dataclass(frozen=True, slots=True)
class PartStatus:
    """How much of a part has arrived."""

    part: int
    received: int
    complete: bool
    leaf: bytes


@dataclass(frozen=True, slots=True)
class PutPartsResponse:
    """Status of the parts of this call."""

    parts: tuple[PartStatus, ...] = ()


@dataclass(frozen=True, slots=True)
class GetPartsRequest:
    """Which disclosure."""

    request_id: bytes = b""
    disclosure_id: bytes = b""


@dataclass(frozen=True, slots=True)
class GetPartsResponse:
    """Status of each part that has arrived in whole or in part."""

    parts: tuple[PartStatus, ...] = ()


@dataclass(frozen=True, slots=True)
class FetchPartsRequest:
    """Which disclosure, from which byte of the sealed body, and why."""

    request_id: bytes = b""
    disclosure_id: bytes = b""
    offset: int = 0
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class FetchPartsResponse:
    """A frame of the sealed body."""

    offset: int = 0
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class GetCheckpointRequest:
    """The size of a head that the caller holds; 0 for none."""

    old_size: int = 0


@dataclass(frozen=True, slots=True)
class GetCheckpointResponse:
    """The published checkpoint and the consistency proof from the old size."""

    checkpoint: bytes = b""
    consistency: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class GetTlogProofRequest:
    """Which entry."""

    index: int = 0


@dataclass(frozen=True, slots=True)
class GetTlogProofResponse:
    """C2SP tlog-proof text."""

    proof: bytes = b""


@dataclass(frozen=True, slots=True)
class ListEntriesRequest:
    """A range of the log."""

    start: int = 0
    limit: int = 0


@dataclass(frozen=True, slots=True)
class ListEntriesResponse:
    """The public bytes of each entry."""

    entries: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenEntriesRequest:
    """A range of the log, and why it is opened."""

    start: int = 0
    limit: int = 0
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class OpenedEntry:
    """An entry with the openings of the caller's view and the signed bytes behind it."""

    index: int
    entry: bytes
    commitments: tuple[bytes, ...]
    openings: tuple[Opening, ...]
    envelope: bytes


@dataclass(frozen=True, slots=True)
class OpenEntriesResponse:
    """Opened entries, where to go on, and the receipt of the read entry."""

    entries: tuple[OpenedEntry, ...]
    next: int
    read: Receipt


@dataclass(frozen=True, slots=True)
class GetDirectoryRequest:
    """No parameters."""


@dataclass(frozen=True, slots=True)
class LoggedQuorum:
    """A quorum object and the receipt of its entry."""

    quorum: bytes
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class GetDirectoryResponse:
    """The chain of roots, the first first, and the trust list in force."""

    roots: tuple[LoggedQuorum, ...]
    trust_list: LoggedQuorum


@dataclass(frozen=True, slots=True)
class GetPacksRequest:
    """No parameters."""


@dataclass(frozen=True, slots=True)
class GetPacksResponse:
    """All packs that requests may name, and what was recalled of them."""

    packs: tuple[LoggedQuorum, ...]
    recalls: tuple[LoggedQuorum, ...] = ()


@dataclass(frozen=True, slots=True)
class ListProvidersRequest:
    """No parameters."""


@dataclass(frozen=True, slots=True)
class ListProvidersResponse:
    """What providers declare, the newest of each unit."""

    catalogues: tuple[LoggedQuorum, ...] = ()


@dataclass(frozen=True, slots=True)
class PublishRequest:
    """Exact bytes of a pack or a recall, signed by the scheme's quorum, or of a catalogue, signed by its provider."""

    quorum: bytes


@dataclass(frozen=True, slots=True)
class PublishResponse:
    """The same with the receipt of its entry."""

    object: LoggedQuorum | None = None
