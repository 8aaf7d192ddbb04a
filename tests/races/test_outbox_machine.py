# SPDX-License-Identifier: Apache-2.0
"""Whatever breaks between a client and the exchange, and whenever: each signed statement ends once, and is never lost.

A machine of random runs: three people sign through the SDK, from real files, while requests and answers are lost, clients
die and start again, the exchange restarts, and others act in between. It draws faults of the network and of processes;
power cuts inside a file's write are the crash tests' matter, not this one's.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Final

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from typing_extensions import override

from rogatory.client import authority, provider
from rogatory.client.agency import prepare_withdraw, status
from rogatory.client.composing import Prepared
from rogatory.client.disclosing import DisclosurePlan, prepare_disclose
from rogatory.client.drafting import prepare_issue
from rogatory.client.drafts import DraftGrounds, DraftInstant, DraftRequest, DraftTask, new_draft
from rogatory.client.outgoing import Flushed, flush_outbox, sign_and_send
from rogatory.client.session import Session
from rogatory.protocol.errors import Invalid, Refused, RogatoryError, Unavailable
from rogatory.protocol.header import DAY_MS, StatementKind
from rogatory.protocol.lifecycle_table import DECIDING_KINDS
from rogatory.protocol.state import StateName
from rogatory.protocol.statements import DecisionCode
from rogatory.protocol.wire import SubmitRequest
from tests.support import racing
from tests.support.desks import FACTS
from tests.support.inprocess import Fault, Killed, Line
from tests.support.outbox_people import NAMES, STALE, People

SUBMIT: Final = "ExchangeService/Submit"
METHODS: Final = (
    SUBMIT,
    SUBMIT,
    "SealedService/PutSealed",
    "ExchangeService/GetRequest",
    "TransferService/PutParts",
)
# What a person's client can say in a state.
SAYS: Final = {
    StateName.ISSUED: ("grant", "return", "withdraw"),
    StateName.RETURNED: ("reissue", "withdraw"),
    StateName.TRANSMITTED: ("receive", "refuse", "withdraw"),
    StateName.RECEIVED: ("disclose", "disclose", "disclose", "preserve", "refuse", "withdraw"),
    StateName.PRESERVING: ("disclose", "disclose", "refuse", "withdraw"),
    StateName.EXECUTING: ("disclose", "disclose", "refuse", "withdraw"),
    StateName.DELIVERED: ("withdraw",),
}
WHO: Final = {"grant": "judge", "return": "judge", "withdraw": "investigator", "reissue": "investigator"}
# What others do meanwhile, at their own desks.
OTHERS: Final = {
    StateName.ISSUED: (racing.grant("prosecutor"), racing.decline("prosecutor", DecisionCode.RETURN)),
    StateName.RETURNED: (racing.reissue("second-investigator"),),
    StateName.TRANSMITTED: (racing.DELIVER, racing.RECEIVE),
    StateName.RECEIVED: (racing.PRESERVE, racing.disclose(1), racing.disclose(2)),
    StateName.PRESERVING: (racing.disclose(1), racing.refuse(2)),
    StateName.EXECUTING: (racing.withdraw("second-investigator"),),
}
STAGES: Final = (
    racing.asked(racing.TWO),
    racing.after(racing.asked(racing.TWO), racing.decline("prosecutor", DecisionCode.RETURN)),
    racing.received(racing.TWO),
    racing.received(racing.TWO),
    racing.after(racing.received(racing.TWO), racing.PRESERVE),
)
# Faults that still let the word of somebody who was overtaken arrive, most of them by the next flush.
LATER: Final = (Fault.NONE, Fault.NONE, Fault.LOST, Fault.ANSWER_LOST, Fault.KILLED_BEFORE)
seen: Counter[str] = Counter()


class OutboxMachine(RuleBasedStateMachine):
    """Commands, faults and other people's acts in any order."""

    def __init__(self) -> None:
        super().__init__()
        # In memory where the system has such a folder: what fsync is for is not this machine's matter.
        memory = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
        self.folder = Path(tempfile.mkdtemp(prefix="outbox-", dir=memory if memory.is_dir() else None))
        self.people = People(self.folder / "world")
        self.requests: list[bytes] = []

    @initialize(stage=st.sampled_from(STAGES))
    def begin(self, stage: racing.Stage) -> None:
        self.requests.append(stage(self.people.world).request_id)

    # What people do.

    @precondition(lambda self: len(self.requests) < 3)
    @rule(fault=st.sampled_from(Fault), method=st.sampled_from(METHODS))
    def issue(self, fault: Fault, method: str) -> None:
        """A new request, whose sections go before it."""
        draft = self.draft()
        self.send("investigator", lambda s: _later(prepare_issue(s, draft)), fault, method)
        request_id = bytes.fromhex(draft.request_id)
        if self.people.world.engine._core.store.request(request_id) is not None:
            self.requests.append(request_id)

    @rule(data=st.data(), fault=st.sampled_from(Fault), method=st.sampled_from(METHODS))
    def say(self, data: st.DataObject, fault: Fault, method: str) -> None:
        """Read, decide, sign, send; something may break."""
        self.decide(data, fault, method)

    @rule(data=st.data(), choice=st.integers(0, 5), fault=st.sampled_from(LATER))
    def say_what_is_overtaken(self, data: st.DataObject, choice: int, fault: Fault) -> None:
        """Somebody else acts between our look and our word."""
        self.decide(data, fault, SUBMIT, between=choice)

    @rule(data=st.data())
    def say_without_a_network(self, data: st.DataObject) -> None:
        """What was read before is decided on the way, and waits."""
        self.decide(data, Fault.NONE, SUBMIT, offline=True)

    def decide(
        self,
        data: st.DataObject,
        fault: Fault,
        method: str,
        *,
        offline: bool = False,
        between: int | None = None,
    ) -> None:
        request_id = data.draw(st.sampled_from(self.requests))
        words = SAYS.get(self.people.state(request_id).name)
        if words is None:
            return
        word = data.draw(st.sampled_from(words))
        name = WHO.get(word, "compliance")
        self.send(name, self.preparing(word, request_id), fault, method, offline=offline, between=between)

    @rule(data=st.data(), choice=st.integers(0, 5))
    def others(self, data: st.DataObject, choice: int) -> None:
        self.meanwhile(data.draw(st.sampled_from(self.requests)), choice)

    @rule(name=st.sampled_from(NAMES), fault=st.sampled_from(Fault), method=st.sampled_from(METHODS))
    def flush(self, name: str, fault: Fault, method: str) -> None:
        """The network is back, or seems to be."""
        line = Line(self.people.exchange, name, method, fault)
        try:
            flushed = self.people.run(name, flush_outbox, line=line)
        except (Killed, Unavailable):
            self.count(fault)
            return
        self.count(fault)
        for item in flushed:
            self.answered(name, item)

    @rule(name=st.sampled_from(NAMES))
    def cut_down_after_the_receipt(self, name: str) -> None:
        """The receipt is on the disk, the statement is still in the outbox: it goes out again and gets the same."""
        box = self.people.profile(name).folder("outbox")
        copy = self.folder / "copy"
        shutil.copytree(box, copy)
        waiting = {item.number: item for item in self.people.waiting(name)}
        self.flush(name, Fault.NONE, "")
        for number, item in waiting.items():
            if item.envelope in self.people.exchange.first and not (box / f"{number:06d}").exists():
                shutil.copytree(copy / f"{number:06d}", box / f"{number:06d}")
                seen["back in the outbox"] += 1
        shutil.rmtree(copy)

    @precondition(lambda self: self.people.exchange.first)
    @rule(data=st.data())
    def late_duplicate(self, data: st.DataObject) -> None:
        """A network delivers an old call again: the same receipt, and nothing new."""
        envelope = data.draw(st.sampled_from(list(self.people.exchange.first)))
        name = self.people.signed[envelope]
        size = self.people.world.engine.size
        self.people.ask(name, SUBMIT, SubmitRequest((envelope,)))
        assert self.people.world.engine.size == size
        seen["late duplicate"] += 1

    @rule(chance=st.integers(0, 2))
    def restart_exchange(self, chance: int) -> None:
        if not chance:
            self.people.exchange.restart()
            seen["restart"] += 1

    # What must be true after each of them.

    @invariant()
    def nothing_is_lost_or_doubled(self) -> None:
        self.people.account()

    @override
    def teardown(self) -> None:
        """Faults heal: one flush each empties the outboxes, and everybody folds what the exchange keeps."""
        try:
            for name in NAMES:
                for item in self.people.run(name, flush_outbox):
                    assert not item.kept
                assert self.people.waiting(name) == ()
            self.people.account()
            self.agree()
            seen.update(self.people.seen)
        finally:
            self.people.close()
            shutil.rmtree(self.folder)

    def agree(self) -> None:
        for request_id in self.requests:
            kept = self.people.state(request_id)
            for name in NAMES if kept.transmitted else NAMES[:2]:
                view = self.people.run(name, partial(status, request_id=request_id))
                assert view.state == kept

    # How it is done.

    def send(
        self,
        name: str,
        prepare: Callable[[Session], Awaitable[Prepared]],
        fault: Fault,
        method: str,
        *,
        offline: bool = False,
        between: int | None = None,
    ) -> None:
        prepared = self.prepared(name, prepare)
        if prepared is None:
            return
        if between is not None:
            self.meanwhile(prepared.request_id, between)
        line = Line(self.people.exchange, name, method, fault)
        try:
            sent = self.people.run(
                name, lambda s: sign_and_send(s, prepared), line=line, online=not offline, sync=False
            )
        except Killed:
            self.count(fault)
            return
        except Refused as error:
            self.again(name, prepared.request_id, error, prepared.statement.header.kind)
            return
        self.count(Fault.NONE if offline else fault)
        seen["queued" if sent.queued else "accepted"] += 1

    def prepared(self, name: str, prepare: Callable[[Session], Awaitable[Prepared]]) -> Prepared | None:
        """None where the client itself says that it cannot be said any more."""
        try:
            return self.people.run(name, prepare)
        except (Refused, Invalid):
            return None

    def answered(self, name: str, item: Flushed) -> None:
        if item.kept:
            assert isinstance(item.error, Unavailable), "an honest exchange answers"
            seen["kept"] += 1
        elif item.error is None:
            seen["went by itself"] += 1
        else:
            self.again(name, item.waiting.request_id, item.error, item.waiting.kind)

    def again(self, name: str, request_id: bytes, error: RogatoryError, kind: StatementKind) -> None:
        """What came too late is said afresh, where it can still be said: then it goes in."""
        if error.code != STALE:
            return
        assert kind in DECIDING_KINDS
        if any(item.request_id == request_id for item in self.people.waiting(name)):
            return
        words = {StatementKind.VALIDATE: "grant", StatementKind.DISCLOSE: "disclose"}.get(kind, "reissue")
        if words not in SAYS.get(self.people.state(request_id).name, ()):
            return
        fresh = self.prepared(name, self.preparing(words, request_id))
        if fresh is None:
            return
        sent = self.people.run(name, lambda s: sign_and_send(s, fresh))
        assert sent.receipt is not None
        seen["afresh"] += 1

    def meanwhile(self, request_id: bytes, choice: int) -> None:
        """Somebody else acts, if there is anything to do."""
        state = self.people.state(request_id)
        acts = OTHERS.get(state.name, ())
        if acts:
            name, envelope = acts[choice % len(acts)](self.people.world, state)
            self.people.world.submit(name, envelope)

    def preparing(self, word: str, request_id: bytes) -> Callable[[Session], Awaitable[Prepared]]:
        async def reissue(session: Session) -> Prepared:
            await status(session, request_id)
            return prepare_issue(session, self.draft(request_id))

        async def disclose(session: Session) -> Prepared:
            view = await status(session, request_id)
            plan = DisclosurePlan((), dict.fromkeys(view.state.open_tasks[:1], "NO_RECORD"))
            return await prepare_disclose(session, request_id, plan)

        words: dict[str, Callable[[Session], Awaitable[Prepared]]] = {
            "reissue": reissue,
            "disclose": disclose,
            "grant": lambda s: authority.prepare_grant(s, request_id, note="invented"),
            "return": lambda s: authority.prepare_return(s, request_id, "A_NOT_NECESSARY"),
            "withdraw": lambda s: prepare_withdraw(s, request_id, "ERROR", note="invented"),
            "receive": lambda s: provider.prepare_receive(s, request_id),
            "preserve": lambda s: provider.prepare_preserve(s, request_id),
            "refuse": lambda s: provider.prepare_refuse(s, request_id, "P_OTHER", (2,), note="invented"),
        }
        return words[word]

    def draft(self, request_id: bytes | None = None) -> DraftRequest:
        world = self.people.world
        unit, court = world.realm.address("provider"), world.realm.address("authority")
        since, until = (DraftInstant(_iso(world.clock.at_ms - days * DAY_MS)) for days in (10, 1))
        task = DraftTask("account_id", "exercise-user@mail.example", ("name",), since, until, "EVIDENCE")
        draft = DraftRequest(
            kind="DISCLOSURE",
            pack_id=world.realm.pack.pack_id,
            provider=f"{unit.org.hex()}:{unit.unit.hex()}",
            authority=f"{court.org.hex()}:{court.unit.hex()}",
            tasks=(task, task),
            facts=FACTS,
            grounds=DraftGrounds("EX-1", "invented", "needed", "fits", "an exercise; nobody is real"),
            request_id=request_id.hex() if request_id is not None else "",
        )
        return new_draft(draft, world.clock, world.entropy)

    def count(self, fault: Fault) -> None:
        seen[fault.name] += 1


def _iso(ms: int) -> str:
    return dt.datetime.fromtimestamp(ms // 1000, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


async def _later(prepared: Prepared) -> Prepared:
    return prepared


def test_each_signed_statement_ends_once_and_none_is_lost_whatever_breaks() -> None:
    soak = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
    chosen = (
        settings(max_examples=300, stateful_step_count=50)
        if soak
        # The same runs each time and none made smaller: a failure shows its steps at once. Fresh runs are the soak's.
        else settings(
            max_examples=30,
            stateful_step_count=30,
            derandomize=True,
            phases=[Phase.explicit, Phase.generate],
        )
    )
    seen.clear()
    run_state_machine_as_test(OutboxMachine, settings=chosen)
    # The run must have got somewhere: each fault met, each way to end taken.
    wanted = {fault.name for fault in Fault} | {STALE, "X_OBJECT_TERMINAL"}
    wanted |= {
        "accepted",
        "queued",
        "went by itself",
        "afresh",
        "late duplicate",
        "back in the outbox",
        "restart",
    }
    assert wanted <= {word for word, number in seen.items() if number}, seen
