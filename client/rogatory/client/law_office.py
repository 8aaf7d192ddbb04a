# SPDX-License-Identifier: Apache-2.0
"""The desk of who makes law for a realm: sign a pack or a recall, bring it to the exchange, try a draft on what was asked.

A pack's key is a hybrid one in a locked key file of its own; several people sign one after the other until the root's
threshold is met. Trying a draft judges the coded headers of real requests and opens nothing. What the law should say is not
decided here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from rogatory.client.scheme import logged
from rogatory.client.session import Session
from rogatory.client.views import RequestView
from rogatory.protocol import codec, errors
from rogatory.protocol.bodies import Issue
from rogatory.protocol.catalogues import CATALOGUE_TYPE
from rogatory.protocol.directory import PACK_RECALL_TYPE, PACK_TYPE, Directory, PackRecall
from rogatory.protocol.errors import Invalid, NotVerified, Refused
from rogatory.protocol.header import DAY_MS, StatementKind, require
from rogatory.protocol.keys import HybridSigner
from rogatory.protocol.pack import Asked, Pack, judge, load_pack
from rogatory.protocol.quorum import MAX_QUORUM, Quorum, sign_quorum
from rogatory.protocol.wire import PublishRequest, PublishResponse

PACK_KEY: Final = "scheme/pack"
SEED_LENGTH: Final = 64
_KINDS: Final = {
    PACK_TYPE: StatementKind.PACK,
    PACK_RECALL_TYPE: StatementKind.PACK_RECALL,
    CATALOGUE_TYPE: StatementKind.CATALOGUE,
}


@dataclass(frozen=True, slots=True)
class Signed:
    """A quorum object in the making: exact bytes, what it is of, how many have signed it."""

    data: bytes
    digest: bytes
    signatures: int


@dataclass(frozen=True, slots=True)
class Published:
    """An object of the scheme that is in the log: its kind and index."""

    kind: StatementKind
    index: int


@dataclass(frozen=True, slots=True)
class Tried:
    """A request under another law: what was said to it when it was issued, and what the draft says (code and rule)."""

    request_id: bytes
    draft: str
    rule: str


def sign_pack(payload: bytes, seeds: bytes, before: bytes = b"") -> Signed:
    """Sign a pack file; one that does not load is not signed.

    Args:
        payload: Exact bytes of the YAML file.
        seeds: The signer's hybrid seed, 64 bytes.
        before: A quorum of the same file that others have signed, to add to.

    Raises:
        Invalid: The pack does not load, or ``before`` is of something else.
    """
    return _signed(payload, PACK_TYPE, seeds, before, load_pack(payload).digest)


def sign_recall(pack: Pack, reason: str, seeds: bytes, before: bytes = b"") -> Signed:
    """Sign the recall of a pack.

    Raises:
        Invalid: No reason, or ``before`` is of something else.
    """
    require(reason, "reason", "PRESENT", errors.X_FIELD_MISSING)
    payload = codec.encode(PackRecall(pack.digest, reason))
    return _signed(payload, PACK_RECALL_TYPE, seeds, before, pack.digest)


async def publish(session: Session, data: bytes) -> Published:
    """Bring a signed pack, recall or catalogue to the exchange and verify that it is in the log.

    Raises:
        NotVerified: The receipt does not hold.
        RogatoryError: The exchange's refusal.
    """
    quorum = codec.decode(Quorum, data, limit=MAX_QUORUM, at="quorum")
    kind = _KINDS.get(quorum.payload_type)
    if kind is None:
        raise Invalid(errors.X_FIELD_INVALID, "quorum.payload_type", "TYPE")
    answer = await session.exchange.channel.call(
        "DirectoryService/Publish", PublishRequest(data), PublishResponse
    )
    if answer.object is None or answer.object.quorum != data:
        raise NotVerified(errors.X_RECEIPT_INVALID, "answer.object", "PRESENT")
    receipt = logged(answer.object, kind, session.exchange.scheme.log, "answer.object")
    session.exchange.state.note_heads(receipt.head)
    return Published(kind, receipt.receipt.index)


def tried(views: Iterable[RequestView], draft: Pack, directory: Directory) -> list[Tried]:
    """Judge the issues of requests under a draft, each on the day on which it was accepted.

    Args:
        views: Requests with their statements.
        draft: The law to be tried; whether it is in force does not matter.
        directory: Where parties lie.
    """
    found = []
    for view in views:
        header, body = view.issue.verified.header, view.issue.verified.statement.body
        if not isinstance(body, Issue) or body.request_kind.name not in draft.kinds:
            found.append(Tried(view.request_id, errors.X_FIELD_INVALID, draft.rule("kinds")))
            continue
        asked = Asked(
            kind=body.request_kind,
            legal_type=draft.kinds[body.request_kind.name].legal_type,
            role=header.issuer.role,
            facts=header.facts,
            tasks=header.tasks,
            validator=body.authority is not None,
            enforcing=body.enforcing is not None,
            day=view.issue.receipt.time_ms // DAY_MS,
            issuing=directory.org(header.issuer.org).jurisdiction,
            receiving=directory.org(header.addressee.org).jurisdiction,
        )
        try:
            judge(draft, asked, as_if_in_force=True)
        except Refused as error:
            found.append(Tried(view.request_id, error.code, error.rule))
        else:
            found.append(Tried(view.request_id, "GRANTED", ""))
    return found


def _signed(payload: bytes, payload_type: str, seeds: bytes, before: bytes, digest: bytes) -> Signed:
    require(len(seeds) == SEED_LENGTH, "key", "SCHEME_KEY")
    mine = codec.decode(Quorum, sign_quorum(payload, payload_type, [HybridSigner(seeds)]), limit=MAX_QUORUM)
    others = codec.decode(Quorum, before, limit=MAX_QUORUM, at="quorum") if before else mine
    require((others.payload, others.payload_type) == (payload, payload_type), "quorum.payload", "SAME_OBJECT")
    by_key = {item.key_id: item for item in (*others.signatures, *mine.signatures)}
    signatures = tuple(by_key[key] for key in sorted(by_key))
    return Signed(codec.encode(Quorum(payload, payload_type, signatures)), digest, len(signatures))
