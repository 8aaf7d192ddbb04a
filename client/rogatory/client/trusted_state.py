# SPDX-License-Identifier: Apache-2.0
"""What a client has verified so far and keeps between runs: log heads, feed, directory, packs, requests, evidence.

Files below a profile. Everything read back is verified again by whoever uses it, so a damaged file is an error and never
a belief. Nothing here talks to the exchange, and no key is stored here.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from rogatory.client.catalogues import Catalogues, verify_catalogues
from rogatory.client.private_files import (
    MAX_LOGGED,
    MAX_SMALL,
    parse_json,
    private_dir,
    read_optional,
    sync_folder,
    write_once,
    write_private,
)
from rogatory.client.profile import Profile
from rogatory.client.scheme import Scheme, verify_scheme
from rogatory.protocol import codec, errors
from rogatory.protocol.errors import Invalid, NotVerified
from rogatory.protocol.feed import EMPTY_FEED
from rogatory.protocol.header import Seen
from rogatory.protocol.plain import from_plain, to_plain
from rogatory.protocol.receipt import LogHead, VerifiedReceipt, encode_receipt
from rogatory.protocol.wire import (
    GetDirectoryResponse,
    GetPacksResponse,
    GetRequestResponse,
    ListProvidersResponse,
)

MAX_STATE: Final = 16 * 1024 * 1024
_SCHEME: Final = "scheme.bin"  # length of the directory's answer, that answer, the packs' answer
_PROVIDERS: Final = "providers.bin"  # the newest answer of ListProviders
_SIZE: Final = 8
_ID: Final = re.compile("[0-9a-f]{32}\\Z")


@dataclass(frozen=True, slots=True)
class KnownHead:
    """Size and root of a log head whose signature was verified."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Trusted:
    """What ``state/trusted.json`` holds.

    Attributes:
        checkpoint: The newest published checkpoint that is consistent with everything before it.
        highest: The largest head seen, from a receipt or published.
        unchecked: Heads of receipts that no published checkpoint has been held against yet, by size.
        history: Heads that were held against one.
        cursor: Log index from which the feed goes on.
        feed_digest: Chain over everything that was addressed to the party so far.
        directory_version: Version of the trust list in use; an older one is refused.
        beat_position: How far the feed went by the newest heartbeat that the exchange signed.
        beat_ms: When it signed that.
        awaited: A signed head that the published checkpoint did not cover yet, and
        awaited_ms: since when, by the own clock.
    """

    checkpoint: KnownHead | None = None
    highest: KnownHead | None = None
    unchecked: tuple[KnownHead, ...] = ()
    history: tuple[KnownHead, ...] = ()
    cursor: int = 0
    feed_digest: bytes = EMPTY_FEED
    directory_version: int = 0
    beat_position: int = 0
    beat_ms: int = 0
    awaited: KnownHead | None = None
    awaited_ms: int = 0


class TrustedState:
    """The kept state of one profile; writes are durable before they return."""

    def __init__(self, profile: Profile) -> None:
        """Read the state, or begin with none.

        Raises:
            Invalid: The state file is damaged.
        """
        self.profile = profile
        self._folder = private_dir(profile.folder("state"))
        self.trusted = self._read()

    def _read(self) -> Trusted:
        data = read_optional(self._folder / "trusted.json", "state", MAX_STATE)
        return Trusted() if data is None else from_plain(Trusted, parse_json(data, "state"), "state")

    def reload(self) -> None:
        """Read the state again, as other commands have left it.

        Raises:
            Invalid: The state file is damaged.
        """
        self.trusted = self._read()

    def update(self, trusted: Trusted) -> None:
        """Replace the state."""
        write_private(self._folder / "trusted.json", json.dumps(to_plain(trusted)).encode())
        self.trusted = trusted

    def note_heads(self, *heads: LogHead) -> None:
        """Remember verified heads until a published checkpoint has been held against them.

        Raises:
            NotVerified: ``X_LOG_INVALID`` with rule ``LOG.FORK``: another root was signed for a size known already.
        """
        trusted = self.trusted
        known = {item.size: item.root for item in (*trusted.history, *trusted.unchecked)}
        for item in (trusted.checkpoint, trusted.highest):
            if item is not None:
                known[item.size] = item.root
        fresh: dict[int, KnownHead] = {}
        for head in heads:
            earlier = fresh[head.size].root if head.size in fresh else known.get(head.size)
            if earlier is not None and earlier != head.root:
                self.keep_evidence("fork", self.note_of(head.size), head.note)
                raise NotVerified(errors.X_LOG_INVALID, "head", "LOG.FORK")
            if earlier is None:
                self.keep_note(head)
                fresh[head.size] = KnownHead(head.size, head.root)
        if not fresh:
            return
        unchecked = sorted((*trusted.unchecked, *fresh.values()), key=lambda item: item.size)
        highest = max(
            (*fresh.values(), *([trusted.highest] if trusted.highest else [])), key=lambda h: h.size
        )
        self.update(replace(trusted, unchecked=tuple(unchecked), highest=highest))

    def note_seen(self, envelope: bytes, seen: Seen) -> None:
        """Remember the head that somebody else had verified when signing, until a checkpoint was held against it.

        An exchange that shows two parties two histories is found by either one, at the next word of the other that it
        passes on: each statement names the log that its signer saw.

        Raises:
            NotVerified: ``X_LOG_INVALID`` with rule ``LOG.FORK``: the signer was shown another root for a size known here.
        """
        trusted = self.trusted
        known = {item.size: item.root for item in (*trusted.history, *trusted.unchecked)}
        for item in (trusted.checkpoint, trusted.highest):
            if item is not None:
                known[item.size] = item.root
        root = known.get(seen.log_size)
        if root is not None and root != seen.log_root:
            self.keep_evidence("fork", self.note_of(seen.log_size), envelope)
            raise NotVerified(errors.X_LOG_INVALID, "header.seen.log_root", "LOG.FORK")
        if root is None and seen.log_size:
            self._keep_head(f"{seen.log_size}.seen", envelope)
            fresh = KnownHead(seen.log_size, seen.log_root)
            unchecked = sorted((*trusted.unchecked, fresh), key=lambda item: item.size)
            self.update(replace(trusted, unchecked=tuple(unchecked)))

    def keep_note(self, head: LogHead) -> None:
        """Keep the signed note of a head: without it, nobody else could be shown what the log once said."""
        self._keep_head(f"{head.size}.note", head.note)

    def _keep_head(self, name: str, data: bytes) -> None:
        path = private_dir(self._folder / "heads") / name
        if not path.exists():
            write_private(path, data)

    def note_of(self, size: int) -> bytes:
        """Return what was kept for a size: the signed note, or the statement whose signer saw it; empty when neither."""
        folder = self._folder / "heads"
        names = (f"{size}.note", f"{size}.seen")
        found = (read_optional(folder / name, "state.heads", MAX_SMALL) for name in names)
        return next((data for data in found if data), b"")

    def save_beat(self, envelope: bytes, position: int, time_ms: int) -> None:
        """Remember the exchange's newest signed word on how far the feed went."""
        write_private(self._folder / "heartbeat.bin", envelope)
        self.update(replace(self.trusted, beat_position=position, beat_ms=time_ms))

    def beat(self) -> bytes:
        """Return the newest signed heartbeat; empty when there was none."""
        return read_optional(self._folder / "heartbeat.bin", "state.heartbeat", MAX_SMALL) or b""

    def save_cursor(self, cursor: int, feed_digest: bytes) -> None:
        """Remember how far the feed was read and verified."""
        self.update(replace(self.trusted, cursor=cursor, feed_digest=feed_digest))

    def bear_cursor(self, cursor: int, feed_digest: bytes) -> None:
        """The same for now only, where another command has the profile; the next event writes it down."""
        self.trusted = replace(self.trusted, cursor=cursor, feed_digest=feed_digest)

    def save_scheme(self, directory: GetDirectoryResponse, packs: GetPacksResponse, version: int) -> None:
        """Keep directory and packs as received, after they were verified; one file, so that they never part.

        What is there already is not written again: most runs of a command find nothing new.
        """
        fresh = (codec.encode(directory), codec.encode(packs))
        if fresh != self.stored_scheme():
            size = len(fresh[0]).to_bytes(_SIZE, "big")
            write_private(self._folder / _SCHEME, size + fresh[0] + fresh[1])
        if version != self.trusted.directory_version:
            self.update(replace(self.trusted, directory_version=version))

    def scheme_bytes(self) -> tuple[bytes, bytes]:
        """Return the stored directory and packs answers.

        Raises:
            Invalid: ``X_FIELD_MISSING`` with rule ``SYNCED``: there are none yet; go online once.
        """
        data = read_optional(self._folder / _SCHEME, "state.scheme", 2 * MAX_STATE)
        if data is None:
            raise Invalid(errors.X_FIELD_MISSING, "state.directory", "SYNCED")
        end = _SIZE + int.from_bytes(data[:_SIZE], "big")
        return data[_SIZE:end], data[end:]

    def stored_scheme(self) -> tuple[bytes, ...]:
        """Return the stored directory and packs answers, or nothing: to keep them beside what contradicts them."""
        try:
            return self.scheme_bytes()
        except Invalid:
            return ()

    def load_scheme(self, at_ms: int | None = None) -> Scheme:
        """Return the stored scheme, verified again.

        Raises:
            RogatoryError: Nothing is stored, it expired, or it does not verify.
        """
        directory, packs = self.scheme_bytes()
        return verify_scheme(
            codec.decode(GetDirectoryResponse, directory, limit=MAX_STATE, at="directory"),
            codec.decode(GetPacksResponse, packs, limit=MAX_STATE, at="packs"),
            self.profile.config.realm,
            at_ms,
        )

    def save_catalogues(self, answer: ListProvidersResponse) -> None:
        """Keep what providers declare as received, after it was verified; not written again where nothing is new."""
        data = codec.encode(answer)
        if data != self.stored_catalogues():
            write_private(self._folder / _PROVIDERS, data)

    def catalogue_bytes(self) -> bytes:
        """Return the stored answer; empty where there is none, which is also the answer that lists nobody."""
        return read_optional(self._folder / _PROVIDERS, "state.providers", MAX_STATE) or b""

    def stored_catalogues(self) -> bytes:
        """Return the stored answer, or nothing where it cannot be read: to keep it beside what contradicts it."""
        try:
            return self.catalogue_bytes()
        except Invalid:
            return b""

    def load_catalogues(self, scheme: Scheme) -> Catalogues:
        """Return the stored catalogues, verified again.

        Raises:
            RogatoryError: What is stored does not verify.
        """
        answer = codec.decode(ListProvidersResponse, self.catalogue_bytes(), limit=MAX_STATE, at="catalogues")
        return verify_catalogues(answer, scheme)

    def save_receipt(self, digest: bytes, envelope: bytes, receipt: VerifiedReceipt) -> None:
        """Keep an envelope and its receipt, each under the envelope's digest.

        The first receipt is kept: a later copy proves the same entry against a later head.
        """
        name = f"{digest.hex()}.bin"
        write_once(self.profile.folder("envelopes") / name, envelope, "envelope")
        path = self.profile.folder("receipts") / name
        if not path.exists():
            write_private(path, encode_receipt(receipt.receipt))

    def receipt_of(self, digest: bytes) -> bytes:
        """Return the kept receipt of an envelope, by its digest; empty when there is none."""
        path = self.profile.folder("receipts") / f"{digest.hex()}.bin"
        return read_optional(path, "receipt", MAX_LOGGED) or b""

    def keep_rejection(self, sent: bytes, rejection: bytes) -> None:
        """Keep the newest signed rejection of exact bytes, by their raw digest."""
        write_private(private_dir(self._folder / "rejections") / f"{sent.hex()}.bin", rejection)

    def rejection_of(self, sent: bytes) -> bytes:
        """Return the kept rejection of exact bytes, by their raw digest; empty when there is none."""
        path = self._folder / "rejections" / f"{sent.hex()}.bin"
        return read_optional(path, "state.rejections", MAX_LOGGED) or b""

    def save_view(self, request_id: bytes, response: GetRequestResponse) -> None:
        """Keep the newest verified view of a request."""
        folder = private_dir(self._folder / "requests")
        write_private(folder / f"{request_id.hex()}.bin", codec.encode(response))

    def load_view(self, request_id: bytes) -> GetRequestResponse | None:
        """Return the stored view of a request, not verified, or None."""
        path = self._folder / "requests" / f"{request_id.hex()}.bin"
        data = read_optional(path, "view", MAX_LOGGED)
        if data is None:
            return None
        return codec.decode(GetRequestResponse, data, limit=MAX_LOGGED, at="view")

    def known_requests(self) -> tuple[bytes, ...]:
        """Return the ids of the requests whose views are stored."""
        folder = private_dir(self._folder / "requests")
        return tuple(
            bytes.fromhex(path.stem) for path in sorted(folder.glob("*.bin")) if _ID.match(path.stem)
        )

    def object_path(self, object_digest: bytes) -> Path:
        """Return where a sealed section is kept once it was fetched or made."""
        return private_dir(self._folder / "objects") / f"{object_digest.hex()}.bin"

    def keep_evidence(self, kind: str, *parts: bytes) -> Path:
        """Keep bytes that prove somebody else's fault, under a new number, and return the folder."""
        root = private_dir(self.profile.folder("evidence"))
        number = sum(1 for _ in root.iterdir()) + 1
        while True:
            folder = root / f"{number:04d}-{kind}"
            try:
                folder.mkdir(mode=0o700)
                break
            except FileExistsError:
                number += 1  # a command that only listens has kept something at the same moment
        for i, part in enumerate(parts):
            write_private(folder / f"{i:02d}.bin", part)
        sync_folder(root)
        return folder
