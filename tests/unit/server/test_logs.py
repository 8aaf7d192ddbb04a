# SPDX-License-Identifier: Apache-2.0
"""Log lines say where and what kind, and never what was said."""

import asyncio
import datetime as dt
import io
import json
import logging
import subprocess
import sys

import pytest
from typing_extensions import override

from rogatory.server import logs

SECRET = "an identifier"


def test_an_exception_is_logged_by_class_and_place_without_its_text() -> None:
    with pytest.raises(ValueError) as caught:
        int(SECRET)
    fields = logs.failure(caught.value)
    assert fields["error_class"] == "ValueError"
    assert "test_logs.py" in fields["at"][-1]
    assert SECRET not in repr(fields)


def test_a_librarys_line_is_passed_on_without_its_text(capsys: pytest.CaptureFixture[str]) -> None:
    record = logging.LogRecord("grpc._server", logging.ERROR, "f", 1, "failed on %s", (SECRET,), None)
    logs.LibraryHandler().emit(record)
    written = "".join(capsys.readouterr())
    assert "grpc._server" in written
    assert SECRET not in written


_PROGRAM = """
import asyncio, sys, structlog
from rogatory.server import logs

async def serve():
    for number in range(3):
        logs.call_ended("Submit", "OK", 'a "quoted" group', number + 0.126)
    structlog.get_logger().info("between", some="field")
    logs.call_ended("Watch", "CANCELLED", "", 7)

logs.configure(sys.argv[1], "front")
asyncio.run(serve())
"""


def lines_of(level: str) -> list[dict[str, object]]:
    """What a process of its own logs, which ends right after its last call."""
    run = subprocess.run([sys.executable, "-c", _PROGRAM, level], capture_output=True, check=True, timeout=60)
    return [json.loads(line) for line in run.stderr.splitlines()]


def test_lines_of_calls_are_held_in_their_order_and_none_is_lost_when_the_process_exits() -> None:
    lines = lines_of("info")
    assert [line["event"] for line in lines] == ["call", "call", "call", "between", "call"]
    first, between, last = lines[0], lines[3], lines[4]
    assert (first["method"], first["code"], first["tls"], first["ms"]) == (
        "Submit",
        "OK",
        'a "quoted" group',
        0.13,
    )
    assert (last["method"], last["code"], last["ms"]) == ("Watch", "CANCELLED", 7)
    common = ("level", "process", "timestamp")
    assert {name for line in lines for name in common if name not in line} == set()
    assert [first[name] for name in common[:2]] == [between[name] for name in common[:2]]
    assert dt.datetime.fromisoformat(str(first["timestamp"])) <= dt.datetime.now(dt.UTC)


def test_below_the_level_no_line_of_a_call_is_written() -> None:
    assert lines_of("warning") == []


class Broken(io.StringIO):
    @override
    def write(self, _text: str) -> int:
        raise OSError


async def test_lines_that_cannot_be_written_end_nothing() -> None:
    stray: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: stray.append(context))
    logs.Sink(Broken()).hold("a line\n")
    await asyncio.sleep(0.2)
    written = io.StringIO()
    sink = logs.Sink(written)
    sink.hold("one\n")
    assert written.getvalue() == ""
    await asyncio.sleep(0.2)
    assert (written.getvalue(), stray) == ("one\n", [])


class Talkative(io.StringIO):
    """Has something to log itself while it is first written to."""

    sink: logs.Sink | None = None

    @override
    def write(self, text: str) -> int:
        sink, self.sink = self.sink, None
        if sink is not None:
            sink.write("inner\n")
        return super().write(text)


def test_a_line_that_comes_in_the_middle_of_another_stops_nothing() -> None:
    stream = Talkative()
    stream.sink = logs.Sink(stream)
    stream.sink.write("outer\n")
    assert sorted(stream.getvalue().split()) == ["inner", "outer"]
