# SPDX-License-Identifier: Apache-2.0
"""One durable piece by itself, recorded: `python -m tests.crash.pieces PIECE DATA JOURNAL MOMENT FAILPOINTS`.

It does its work on the folder DATA and prints a line for each promise that it gives. It may be ended before the n-th flush
or write, or at a failpoint, as `kill -9` does; what it wrote stays until the power goes. Not the exchange.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from rogatory.audit import failpoints
from rogatory.audit.mirror import export
from rogatory.audit.ratchet import Ratchet
from rogatory.audit.store import Published
from rogatory.client import private_files
from rogatory.client.profile import Person, Profile, ProfileConfig
from rogatory.client.trusted_state import TrustedState
from rogatory.protocol.sealed import part_leaf
from rogatory.protocol.wire import PartStart
from rogatory.server.parts import PartLimits, PartStore
from rogatory.server.vault import Vault
from tests.crash import calls
from tests.support.logs import ORIGIN, ed25519_signer, entries, memory_owner
from tests.support.realm import SeededEntropy

REQUEST, DISCLOSURE = b"r" * 16, b"d" * 16
BODY = b"sealed " * 10_000
ADVANCES = 12
MIRRORED = (1, 3, 257)


def vault(data: Path) -> None:
    """Seals something under a request's key, which is new or there already; promises that it opens again."""
    keys = Vault(data / "vault.sqlite", SeededEntropy(str(os.getpid())), create=True)
    sealed = keys.seal(REQUEST, "what", BODY[:7])
    keys.flush()
    promise(sealed.hex())


def parts(data: Path) -> None:
    """Takes in a part, from where one left off that was ended; promises that it is complete."""

    async def put() -> None:
        store = PartStore(data / "parts", PartLimits(2**30, 0))
        upload = await store.begin(PartStart(REQUEST, DISCLOSURE, 0, 0, len(BODY), part_leaf(BODY)))
        await upload.write(BODY)
        await upload.close()
        assert upload.status.complete
        promise("complete")

    asyncio.run(put())


def ratchet(data: Path) -> None:
    """Moves the ratchet on; promises each size that it remembers."""
    path = data / "ratchet"
    memory = Ratchet.open(path) if path.exists() else Ratchet.create(path)
    start = 0 if memory.last is None else memory.last[0]
    for size in range(start + 1, start + 1 + ADVANCES):
        memory.advance(size, bytes([size]) * 32)
        promise(str(size))


def ratchet_again(data: Path) -> None:
    """Moves the ratchet to where it stands, as a writer does that publishes what one before it was about to; promises that."""
    memory = Ratchet.open(data / "ratchet")
    assert memory.last is not None
    memory.advance(*memory.last)
    promise(str(memory.last[0]))


def client(data: Path) -> None:
    """Keeps a file in folders that are new, as a profile keeps an envelope; promises that it is there."""
    profile = private_files.private_dir(data / "profile")
    private_files.write_once(profile / "envelopes" / "kept.bin", BODY, "envelope")
    promise("kept")


def evidence(data: Path) -> None:
    """Keeps what proves another's fault in an evidence folder that is there; promises where."""
    person = Person(b"o" * 16, b"u" * 16, b"s" * 16, "INVESTIGATOR")
    state = TrustedState(Profile(data / "profile", ProfileConfig("one", "127.0.0.1:1", bytes(32), person)))
    promise(state.keep_evidence("receipt", BODY).name)


def mirror(data: Path) -> None:
    """Copies a log that grows; promises each size that the copy has."""
    owner = memory_owner()
    log = owner.new_log()
    for size in MIRRORED:
        owner.append(log, entries(size - log.size, log.size))
        head = log.head()
        with owner.transaction():
            owner.store.add_checkpoint(Published(head.size, head.root, head.note, 0))
        export(data / "copy", owner.store, ORIGIN, [ed25519_signer().verifier])
        promise(str(size))


def promise(words: str) -> None:
    os.write(1, f"{words}\n".encode())


def main() -> None:
    piece, data, journal, moment, spec = sys.argv[1:]
    own = os.getpid()
    calls.record(Path(data), Path(journal), lambda: os.kill(own, signal.SIGKILL), moment)
    failpoints.arm(spec)
    pieces = (vault, parts, ratchet, ratchet_again, client, evidence, mirror)
    next(one for one in pieces if one.__name__ == piece)(Path(data))
    os._exit(0)  # at once: closing a database would flush what the piece did not


if __name__ == "__main__":
    main()
