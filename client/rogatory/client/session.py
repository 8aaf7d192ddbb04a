# SPDX-License-Identifier: Apache-2.0
"""A session: one profile, locked for this process, with its keys, its verified state and the exchange.

The composition root of the SDK. With no network it still opens, from what was verified before: then drafts can be
checked and statements signed, which wait in the outbox. Nothing is signed or sent by opening one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Final

from rogatory.client.channel import Channel, Offline, Transport
from rogatory.client.exchange import ExchangeClient
from rogatory.client.profile import Person, Profile, Secrets
from rogatory.client.sealing.xwing import UnitKeys
from rogatory.client.trusted_state import TrustedState
from rogatory.protocol import errors
from rogatory.protocol.directory import Directory, KeyRow
from rogatory.protocol.errors import Invalid, NotAuthorised, Unavailable
from rogatory.protocol.header import Seen
from rogatory.protocol.ids import Clock, Entropy, SystemClock, SystemEntropy
from rogatory.protocol.keys import Signer
from rogatory.protocol.pack import Pack
from rogatory.protocol.state import RequestState

_LOCK_PAUSE: Final = 0.05
_MOMENT: Final = 1.0


class Hold:
    """The profile's lock, for as long as a session keeps it."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self.held = False

    def take(self, lock: AbstractContextManager[None]) -> None:
        """Take the lock, or raise ``Unavailable`` at once."""
        self._stack.enter_context(lock)
        self.held = True

    def release(self) -> None:
        """Let the lock go; a second time does nothing."""
        self._stack.close()
        self.held = False


@dataclass(frozen=True, slots=True)
class Session:
    """What every flow works with. ``online`` is false where the exchange was not reached when the session began."""

    profile: Profile
    secrets: Secrets | None
    exchange: ExchangeClient
    clock: Clock
    entropy: Entropy
    online: bool
    hold: Hold = field(default_factory=Hold, repr=False)

    def release(self) -> None:
        """Leave the profile to other commands: from here on this session only listens, and writes through ``exclusively``."""
        self.hold.release()

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        """Hold the profile for a moment, with the state as it is on the disk now, or as before where it was never left.

        Raises:
            Unavailable: ``X_TRANSIENT`` with rule ``PROFILE.LOCKED``: another command has it.
        """
        if self.hold.held:
            yield
            return
        with self.profile.lock():
            self.state.reload()
            yield

    @property
    def state(self) -> TrustedState:
        """What was verified so far."""
        return self.exchange.state

    @property
    def directory(self) -> Directory:
        """The verified directory."""
        return self.exchange.scheme.directory

    @property
    def packs(self) -> Mapping[bytes, Pack]:
        """Verified packs by digest."""
        return self.exchange.scheme.packs

    @property
    def me(self) -> Person:
        """Whose profile it is."""
        return self.profile.config.person

    @property
    def row(self) -> KeyRow:
        """The directory row of this device."""
        return self.exchange.row

    @property
    def signer(self) -> Signer:
        """The signing key.

        Raises:
            NotAuthorised: ``X_NOT_AUTHORISED`` with rule ``KEYS.LOCKED``.
        """
        return self._unlocked().signer

    @property
    def unit_keys(self) -> UnitKeys:
        """The unit's sealing keys.

        Raises:
            NotAuthorised: ``X_NOT_AUTHORISED`` with rule ``KEYS.LOCKED``.
        """
        return self._unlocked().unit_keys

    def _unlocked(self) -> Secrets:
        if self.secrets is None:
            raise NotAuthorised(errors.X_NOT_AUTHORISED, "profile.keys", "KEYS.LOCKED")
        return self.secrets

    def seen(self, state: RequestState | None) -> Seen:
        """Return what this client has verified, for a header: head, directory, the request's position, the feed.

        Raises:
            Invalid: ``X_FIELD_MISSING`` with rule ``SYNCED``: nothing was verified yet.
        """
        trusted = self.state.trusted
        if trusted.highest is None:
            raise Invalid(errors.X_FIELD_MISSING, "state.head", "SYNCED")
        position = state.last_index + 1 if state is not None else 0
        head = trusted.highest
        return Seen(head.size, head.root, self.directory.index, position, trusted.feed_digest)


@asynccontextmanager
async def open_session(
    profile: Profile,
    secrets: Secrets | None = None,
    *,
    clock: Clock | None = None,
    entropy: Entropy | None = None,
    online: bool = True,
    sync: bool = True,
    transport: Transport | None = None,
    patience: float = 0.0,
    on_wait: Callable[[], None] | None = None,
) -> AsyncIterator[Session]:
    """Open a session and close it at the end of the block.

    Args:
        profile: The opened profile.
        secrets: Unlocked keys; ``None`` where nothing is signed or opened.
        clock: Now; the machine's unless given.
        entropy: Randomness; the system's unless given.
        online: Whether the exchange is called at all.
        sync: Whether directory, packs and the log's head are fetched first.
        transport: A connection made by the caller, who also decides what it leads to.
        patience: Seconds to wait for another process that is using the profile.
        on_wait: Called once when that takes longer than a moment.

    Raises:
        Unavailable: The profile is in use, or the exchange cannot be reached and nothing is stored yet.
        NotVerified: What the exchange gave does not hold.
    """
    now, source = clock or SystemClock(), entropy or SystemEntropy()
    hold = Hold()
    await _take(hold, profile, patience, on_wait)
    try:
        connection = transport or (_connect(profile, source) if online else Offline())
        try:
            exchange = ExchangeClient(connection, TrustedState(profile), now)
            reached = online and (not sync or await _sync(exchange))
            yield Session(profile, secrets, exchange, now, source, reached, hold)
        finally:
            await connection.close()
    finally:
        hold.release()


async def _take(hold: Hold, profile: Profile, patience: float, on_wait: Callable[[], None] | None) -> None:
    """Take the profile's lock, as soon as it is free."""
    now = asyncio.get_running_loop().time
    started, told = now(), on_wait is None
    while True:
        try:
            hold.take(profile.lock())
        except Unavailable:
            if now() - started >= patience:
                raise
        else:
            return
        if not told and on_wait is not None and now() - started >= _MOMENT:
            told = True
            on_wait()
        await asyncio.sleep(_LOCK_PAUSE)


def _connect(profile: Profile, entropy: Entropy) -> Transport:
    config = profile.config
    return Channel(config.address, profile.tls(), config.server_name, entropy=entropy)


async def _sync(exchange: ExchangeClient) -> bool:
    """Bring the state up to date; no network is no fault where an earlier state can be worked with."""
    try:
        await exchange.sync()
    except Unavailable as error:
        try:
            exchange.scheme  # noqa: B018 - raises where nothing is stored
        except Invalid:
            raise error from None
        return False
    return True
