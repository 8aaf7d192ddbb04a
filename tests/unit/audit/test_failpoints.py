# SPDX-License-Identifier: Apache-2.0
"""Failpoints do what their text says, on the passage that it names, and nothing when nothing is armed."""

import errno
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from rogatory.audit import failpoints
from rogatory.audit.errors import FormatError
from rogatory.audit.failpoints import failpoint


@pytest.fixture(autouse=True)
def _disarmed() -> Iterator[None]:
    yield
    failpoints.disarm()


def test_an_unarmed_failpoint_does_nothing() -> None:
    assert failpoint("db.commit.before") is None  # type: ignore[func-returns-value]


def test_an_error_is_raised_on_the_passage_that_is_named_and_on_no_other() -> None:
    failpoints.arm("db.commit.before=raise:ENOSPC@2")
    failpoint("db.commit.before")
    failpoint("db.begin.before")
    with pytest.raises(OSError, match="No space") as caught:
        failpoint("db.commit.before")
    assert caught.value.errno == errno.ENOSPC
    failpoint("db.commit.before")


def test_clauses_without_a_name_belong_to_the_name_before() -> None:
    heard: list[str] = []
    failpoints.arm("log.sign.before=note:a@1;note:b;log.sign.after=note:c", {"note": heard.append})
    for name in ("log.sign.before", "log.sign.before", "log.sign.after"):
        failpoint(name)
    assert heard == ["a", "b", "b", "c"]


def test_a_pause_ends_and_is_no_error() -> None:
    heard: list[str] = []
    failpoints.arm("db.commit.before=sleep:1;note:after", {"note": heard.append})
    failpoint("db.commit.before")
    assert heard == ["after"]


def test_a_kill_leaves_the_process_no_time_for_anything() -> None:
    code = (
        "from rogatory.audit.failpoints import arm, failpoint\n"
        "arm('vault.commit.after=kill@2')\n"
        "try:\n"
        "    failpoint('vault.commit.after')\n"
        "    print('first', flush=True)\n"
        "    failpoint('vault.commit.after')\n"
        "finally:\n"
        "    print('finally', flush=True)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)
    assert (ended.returncode, ended.stdout.split()) == (-signal.SIGKILL, [b"first"])


@pytest.mark.parametrize(
    "spec",
    [
        "no.such.name=kill",
        "kill",
        "db.commit.before=explode",
        "db.commit.before=raise:ENOSUCH",
        "db.commit.before=sleep:long",
        "db.commit.before=kill@first",
    ],
)
def test_a_text_that_does_not_parse_arms_nothing(spec: str) -> None:
    with pytest.raises(FormatError):
        failpoints.arm(spec)
    failpoint("db.commit.before")
