# SPDX-License-Identifier: Apache-2.0
"""The command says today what the transcripts beside this file say, word for word, against the real server.

Transcripts are the command's documentation by example; `tests.support.transcripts` explains their form. What the
exchange does inside is not looked at here.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.commands import Realm
from tests.support.transcripts import parse, play, written

_HERE = Path(__file__).parent


@pytest.fixture
def realm(tmp_path: Path) -> Iterator[Realm]:
    made = Realm.make(tmp_path)
    for item in (_HERE / "files").iterdir():
        (tmp_path / item.name).write_bytes(item.read_bytes())
    yield made
    made.stop()


@pytest.mark.parametrize("path", sorted(_HERE.glob("*.txt")), ids=lambda path: path.stem)
def test_the_command_says_what_its_transcript_says(path: Path, realm: Realm) -> None:
    text = path.read_text(encoding="utf-8")
    steps = parse(text)
    assert written(steps, play(steps, realm)).splitlines() == text.splitlines()
