# SPDX-License-Identifier: Apache-2.0
"""Random and mutated messages to every method (reliability, F11): documented status codes, and no words of a program.

Messages are made from the descriptors from a seed that every failure names, so that a new field or method is fuzzed without being
named here. Not a search for particular faults: those have tests of their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

import grpc
import pytest

from rogatory.protocol.errors import CODES
from rogatory.v1 import services_pb2
from tests.support.front import ServerProcess, Wire, code_of, typed
from tests.support.mutations import Dice
from tests.support.probing import METHODS, Footprint, send_raw

CALLS: Final = 2000
SEED: Final = "every method, F11"
DOCUMENTED: Final = frozenset(
    {
        grpc.StatusCode.OK,
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.FAILED_PRECONDITION,
        grpc.StatusCode.PERMISSION_DENIED,
        grpc.StatusCode.NOT_FOUND,
    }
)
PEOPLE: Final = ("investigator", "judge", "compliance", "inspector")
NUMBERS: Final = (0, 1, 2, 7, 255, 2**31, 2**32 - 1)
LARGE: Final = (*NUMBERS, 2**63 - 1, 2**63, 2**64 - 1)
CODE_WORDS: Final = ("", "PROCESSING", "INSPECTION", "WATCH", "a b", "\N{BELL}", "x" * 200)
WORDS: Final = ("Traceback", "Error(", "rogatory.", "canary")
CANARY: Final = b"canary-subscriber@mail.example"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess.healthy(tmp_path_factory.mktemp("fuzz")) as running:
        yield running
    assert CANARY not in running.log.read_bytes()


@pytest.fixture(scope="module")
def wire(server: ServerProcess) -> Iterator[Wire]:
    acts = Wire(server)
    yield acts
    acts.close()


class Maker:
    """Messages by descriptor, from one source of chance."""

    def __init__(self, seed: str, known: list[bytes]) -> None:
        self.dice = Dice(seed)
        self._known = known

    def message(self, descriptor: Any) -> Any:  # noqa: ANN401 - generated classes have no common typed base
        made = getattr(services_pb2, descriptor.name)()
        for field in descriptor.fields:
            if self.dice.below(5) == 0:
                continue
            if field.message_type is not None:
                getattr(made, field.name).CopyFrom(self.message(field.message_type))
            elif field.is_repeated:
                getattr(made, field.name).extend(self._value(field) for _ in range(self.dice.below(4)))
            else:
                setattr(made, field.name, self._value(field))
        return made

    def _value(self, field: Any) -> Any:  # noqa: ANN401
        if field.cpp_type == field.CPPTYPE_STRING:
            if field.type == field.TYPE_STRING:
                return self.dice.pick(CODE_WORDS)
            return self.dice.pick([*self._known, self.dice.bytes(self.dice.below(40))])
        return self.dice.pick(LARGE if field.cpp_type == field.CPPTYPE_UINT64 else NUMBERS)

    def mutated(self, data: bytes) -> bytes:
        """Most are left as they are; others are cut, flipped, doubled or replaced."""
        way = self.dice.below(10)
        at = self.dice.below(len(data)) if data else 0
        if way == 0:
            return data[:at]
        if way == 1 and data:
            return data[:at] + bytes([data[at] ^ 1 << self.dice.below(8)]) + data[at + 1 :]
        if way == 2:
            return data + data
        if way == 3:
            return self.dice.bytes(self.dice.below(60))
        return data


def test_fuzzed_calls_get_documented_codes_and_no_words_of_a_program(
    server: ServerProcess, wire: Wire
) -> None:
    request_id, envelope = wire.issue()
    assert wire.submit("investigator", envelope)[0].receipt is not None
    before = Footprint.of(server)
    maker = Maker(SEED, [request_id, envelope, CANARY, bytes(16), bytes(32), b""])
    answered: Counter[tuple[str, grpc.StatusCode]] = Counter()
    for number in range(CALLS):
        method = list(METHODS)[number % len(METHODS)]
        data = maker.mutated(maker.message(METHODS[method].input_type).SerializeToString())
        try:
            send_raw(wire.channel(maker.dice.pick(PEOPLE)), method, data)
        except grpc.RpcError as error:
            code = code_of(error)
            refused, text = typed(error).code, str(error)
            answered[method, code] += 1
            assert code in DOCUMENTED, (SEED, number, method, code)
            assert refused in CODES, (SEED, number, method)
            assert not any(word in text for word in WORDS), (SEED, number, method)
        else:
            answered[method, grpc.StatusCode.OK] += 1
    assert answered.total() == CALLS
    for method in METHODS:
        assert answered[method, grpc.StatusCode.INVALID_ARGUMENT], f"{method}: nothing was refused"
    after = Footprint.of(server)
    assert after.size > before.size
    assert after.kept == before.kept, "nothing of it was believed"
    assert server.process.poll() is None
