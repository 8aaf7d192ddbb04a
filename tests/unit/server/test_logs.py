# SPDX-License-Identifier: Apache-2.0
"""Log lines say where and what kind, and never what was said."""

import logging

import pytest

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
