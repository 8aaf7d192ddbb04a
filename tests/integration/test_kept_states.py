# SPDX-License-Identifier: Apache-2.0
"""States of requests at the exchange: remembered, copied now and then, folded again, and the same whichever way.

Also the migrations, over a database whose rows are of the first version. Not the rules of the fold, and no crash of a
process: those have tests of their own.
"""

from __future__ import annotations

import importlib.resources
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from rogatory.audit.errors import LogCorrupt, LogUnavailable
from rogatory.audit.failpoints import arm, disarm
from rogatory.audit.sqlite import SCHEMA
from rogatory.protocol import codec
from rogatory.protocol.header import StatementKind
from rogatory.protocol.plain import to_plain
from rogatory.protocol.state import Flag, RequestState
from rogatory.protocol.statements import Delivered, Refuse, Withdraw
from rogatory.protocol.wire import SubmitRequest
from rogatory.server.engine import Engine, Job, Op
from rogatory.server.engine.states import COPY_EVERY, States, load
from rogatory.server.store.contract import NO_STATE, ViewRow
from rogatory.server.store.sqlite import MIGRATIONS, SqliteExchangeStore
from tests.support.acts import NO_FLOODS, World
from tests.support.life import (
    accept,
    chain,
    folded,
    grant,
    issued,
    reading,
    received,
    transmitted,
)
from tests.support.realm import SeededEntropy
from tests.support.whole_life import whole_life

# Tables that the first version had too, with its columns.
COLUMNS = {
    "log_entry": "i, ts, data",
    "log_tile": "l, n, b",
    "log_head": "k, size, root, epoch, note",
    "log_checkpoint": "size, root, note, published_at",
    "statement": "i, statement_id, request_id, digest, org, envelope",
    "request": "request_id, last_index, last_leaf, state",
    "request_party": "org, request_id, last_index",
    "feed": "org, i, request_id, envelope_digest, kind, feed_digest",
    "commit_head": "size, root, note",
    "scheme": "i, kind, data, openings",
    "sealed": "digest, request_id, org, length, data",
}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.build(tmp_path)


def anew(world: World) -> None:
    """End the engine and open the folder again, as a new writer does."""
    world.engine.close()
    world.engine = Engine.open(world.files, world.clock, SeededEntropy("again"), NO_FLOODS)


def stored(world: World, request_id: bytes) -> RequestState:
    core = world.engine._core
    known = load(core.store, request_id, core.directory, core.packs)
    assert known is not None
    return known.state


def copy_of(world: World, request_id: bytes) -> bytes | None:
    row = world.engine._core.store.request(request_id)
    assert row is not None
    return row.state


def test_memory_store_and_fold_agree_after_each_statement_and_after_a_restart(world: World) -> None:
    whole_life(world)
    core = world.engine._core
    requests = {view.request_id for view in core.store.views(0, world.engine.size)} - {None}
    assert requests
    for request_id in requests:
        assert request_id is not None
        state = world.state(request_id)
        assert stored(world, request_id) == state
        if Flag.ERASED not in state.flags:  # else there is nothing left that a party could fold
            assert folded(world, chain(world, state)) == state
    before = {request_id: core.states.get(request_id) for request_id in requests if request_id}
    anew(world)
    for request_id, known in before.items():
        assert world.engine._core.states.get(request_id) == known


def test_a_copy_is_stored_with_every_fourth_statement_and_an_older_one_stays_right(world: World) -> None:
    assert COPY_EVERY == 4
    state = transmitted(world)
    request_id = state.request_id
    assert copy_of(world, request_id) == NO_STATE
    for name, kind, body in (
        ("provider-service", StatementKind.DELIVERED, Delivered()),
        ("compliance", StatementKind.RECEIVE, reading(state)),
    ):
        state = accept(world, name, world.answer(name, kind, state, state.order_digest, body), request_id)
    fourth = json.dumps(to_plain(state), separators=(",", ":")).encode()
    assert copy_of(world, request_id) == fourth
    envelope = world.answer(
        "compliance", StatementKind.REFUSE, state, state.order_digest, Refuse("P_OTHER", (1,))
    )
    state = accept(world, "compliance", envelope, request_id)
    assert copy_of(world, request_id) == fourth
    assert stored(world, request_id) == state


def test_a_batch_that_is_rolled_back_leaves_nothing_in_memory(world: World) -> None:
    state = issued(world)
    envelope = world.answer("judge", StatementKind.VALIDATE, state, state.issue_digest, grant(state))
    new_id, new = world.issue()
    jobs = [
        Job(Op.SUBMIT, world.realm.row(name).tls_spki, codec.encode(SubmitRequest((data,))))
        for name, data in (("judge", envelope), ("investigator", new))
    ]
    arm("db.commit.before=raise:EIO")
    try:
        with pytest.raises(OSError, match="Input/output"):
            world.engine.process(jobs)
    finally:
        disarm()
    assert world.state(state.request_id) == state == stored(world, state.request_id)
    assert world.engine._core.states.get(new_id) is None
    assert accept(world, "judge", envelope, state.request_id) != state


def test_what_no_longer_fits_in_memory_is_folded_again(world: World) -> None:
    core = world.engine._core
    states = [issued(world) for _ in range(3)]
    small = States(core.store, core.directory, core.packs, most=1)
    for _ in range(2):
        for state in states:
            known = small.get(state.request_id)
            assert known is not None
            assert (known.state, known.since_copy) == (state, 1)


def test_statements_that_do_not_fold_stop_the_writer_instead_of_refusing_somebody(world: World) -> None:
    state = issued(world)
    envelope = world.answer("judge", StatementKind.VALIDATE, state, state.issue_digest, grant(state))
    world.engine.close()
    with closing(sqlite3.connect(world.files.database)) as db, db:
        db.execute("DROP TRIGGER statement_u")
        db.execute("UPDATE statement SET envelope = substr(envelope, 1, length(envelope) - 1)")
    world.engine = Engine.open(world.files, world.clock, SeededEntropy("again"), NO_FLOODS)
    with pytest.raises(LogCorrupt):
        world.submit("judge", envelope)


def test_the_bytes_of_a_statement_are_stored_once_and_read_with_its_view(world: World) -> None:
    state = issued(world)
    envelope = world.answer("judge", StatementKind.WITHDRAW, state, state.issue_digest, Withdraw("ERROR"))
    (result,) = world.submit("judge", envelope)
    assert result.rejection is not None
    core = world.engine._core
    (row,) = core.store.statements_of(state.request_id)
    view = core.store.view(row.i)
    assert view is not None
    assert view.envelope == row.envelope
    rejection = core.store.view(world.engine.size - 1)
    assert rejection is not None
    assert rejection.envelope == result.rejection.envelope
    with closing(sqlite3.connect(world.files.database)) as db:
        (kept,) = db.execute("SELECT envelope FROM entry_view WHERE i = ?", (row.i,)).fetchone()
    assert kept is None


def first_version(path: Path, world: World) -> dict[int, ViewRow]:
    """Write what the engine's database holds into a new one as the first version of the program had its rows."""
    scripts = importlib.resources.files("rogatory.server.store").joinpath("migrations")
    store = world.engine._core.store
    views = {view.i: view for view in store.views(0, world.engine.size)}
    with closing(sqlite3.connect(path)) as db, db:
        db.executescript(SCHEMA + scripts.joinpath(MIGRATIONS[0]).read_text())
        db.execute("PRAGMA user_version = 1")
        db.execute("ATTACH DATABASE ? AS now", (str(world.files.database),))
        log = ("log_entry", "log_tile", "log_head", "log_checkpoint")
        for table in (
            *log,
            "statement",
            "request",
            "request_party",
            "feed",
            "commit_head",
            "scheme",
            "sealed",
        ):
            rows = db.execute(f"SELECT {COLUMNS[table]} FROM now.{table}").fetchall()  # noqa: S608 - names from above
            marks = ", ".join("?" * (COLUMNS[table].count(",") + 1))
            db.executemany(f"INSERT INTO {table}({COLUMNS[table]}) VALUES({marks})", rows)
        for view in views.values():
            cells = (view.i, view.actor, view.request_id, view.commitments, view.openings, view.envelope)
            db.execute("INSERT INTO entry_view VALUES(?, ?, ?, ?, ?, ?)", cells)
        for (request_id,) in db.execute("SELECT request_id FROM request").fetchall():
            plain = json.dumps(to_plain(world.state(request_id)), separators=(",", ":")).encode()
            db.execute("UPDATE request SET state = ? WHERE request_id = ?", (plain, request_id))
    return views


def test_a_database_of_the_first_version_is_migrated_with_its_rows_and_goes_on(
    world: World, tmp_path: Path
) -> None:
    closed = received(world)
    open_one = issued(world)
    path = tmp_path / "first.sqlite"
    views = first_version(path, world)
    sections = {
        ref.object_digest: world.engine._core.store.sealed(ref.object_digest) for ref in open_one.sections
    }
    world.engine.close()
    for leftover in world.files.data.glob("rogatory.sqlite*"):
        leftover.unlink()
    path.rename(world.files.database)

    world.engine = Engine.open(world.files, world.clock, SeededEntropy("again"), NO_FLOODS)
    store = world.engine._core.store
    assert {view.i: view for view in store.views(0, world.engine.size) if view.i in views} == views
    assert {digest: store.sealed(digest) for digest in sections} == sections
    for state in (closed, open_one):
        assert world.state(state.request_id) == state == folded(world, chain(world, state))
    envelope = world.answer("judge", StatementKind.VALIDATE, open_one, open_one.issue_digest, grant(open_one))
    after = accept(world, "judge", envelope, open_one.request_id)
    assert after == stored(world, open_one.request_id)
    with closing(sqlite3.connect(world.files.database)) as db:
        twice = db.execute(
            "SELECT count(*) FROM entry_view JOIN statement USING(i) WHERE entry_view.envelope IS NOT NULL"
        ).fetchone()
        (version,) = db.execute("PRAGMA user_version").fetchone()
    assert twice == (0,)
    assert version == len(MIGRATIONS)


def test_a_database_of_a_newer_version_is_not_touched(world: World) -> None:
    world.engine.close()
    with closing(sqlite3.connect(world.files.database)) as db, db:
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    with pytest.raises((LogCorrupt, LogUnavailable)):
        SqliteExchangeStore(world.files.database)
