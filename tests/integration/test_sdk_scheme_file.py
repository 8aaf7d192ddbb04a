# SPDX-License-Identifier: Apache-2.0
"""What a client keeps of the scheme is written when it changed, as a whole, and a broken copy is never believed.

The real server; the file is looked at from outside. That old or forged schemes are refused is an attack's test.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rogatory.client.trusted_state import TrustedState
from rogatory.protocol.errors import RogatoryError
from tests.support.desks import Desks
from tests.support.front import ServerProcess


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    running = ServerProcess.start(tmp_path_factory.mktemp("scheme") / "realm")
    yield running
    running.stop()


async def synced(desks: Desks) -> Path:
    async with desks.open("judge") as session:
        assert session.online
    return desks.profile("judge").folder("state") / "scheme.bin"


async def test_a_scheme_that_did_not_change_is_not_written_again(
    server: ServerProcess, tmp_path: Path
) -> None:
    desks = Desks(server, tmp_path / "people")
    path = await synced(desks)
    before = path.stat()
    await synced(desks)
    after = path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


async def test_a_write_that_a_crash_cut_off_leaves_the_scheme_before_it(
    server: ServerProcess, tmp_path: Path
) -> None:
    desks = Desks(server, tmp_path / "people")
    path = await synced(desks)
    kept = path.read_bytes()
    path.with_name(path.name + ".tmp").write_bytes(kept[: len(kept) // 2])
    scheme = TrustedState(desks.profile("judge")).load_scheme()
    assert scheme.realm == desks.realm.directory.realm
    await synced(desks)
    assert path.read_bytes() == kept


@pytest.mark.parametrize("left", [0, 7, 8, 400, -1])
async def test_a_damaged_scheme_is_refused_offline_and_fetched_again_online(
    server: ServerProcess, tmp_path: Path, left: int
) -> None:
    desks = Desks(server, tmp_path / "people")
    path = await synced(desks)
    kept = path.read_bytes()
    path.write_bytes(kept[:left])
    with pytest.raises(RogatoryError):
        TrustedState(desks.profile("judge")).load_scheme()
    await synced(desks)
    assert path.read_bytes() == kept
