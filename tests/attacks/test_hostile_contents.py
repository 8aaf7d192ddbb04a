# SPDX-License-Identifier: Apache-2.0
"""What a provider sends may be meant to harm: names, words and bytes go their whole way and harm neither disk nor screen.

Through the real server, sealing, opening, keeping, bundle and output. Nothing that was disclosed is ever interpreted, so
HTML and formulas stay bytes in a file; single functions are tested in tests/unit and tests/property.
"""

from __future__ import annotations

import io
import json
import re
import stat
import tarfile
import unicodedata
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from rogatory.client import agency, authority, provider
from rogatory.client.agency import Fetched
from rogatory.client.bundle import verify_bundle, write_bundle
from rogatory.client.bundle_tar import MAX_MEMBERS, Source, read_members, write_members
from rogatory.client.cli.output import Output
from rogatory.client.cli.render.answer import fetched_tree
from rogatory.client.cli.results_answer import fetch_result
from rogatory.client.disclosing import DisclosurePlan, PlanItem, prepare_disclose
from rogatory.client.drafting import prepare_issue
from rogatory.client.outgoing import sign_and_send
from rogatory.client.verdict import Word
from rogatory.protocol.errors import Invalid, NotVerified, RogatoryError
from tests.support.desks import Desks, day
from tests.support.front import ServerProcess

NAMES = (
    "../../../escaped.txt",
    "/escaped.txt",
    "..\\..\\escaped.txt",
    "C:\\escaped.txt",
    "CON",
    "nul.txt",
    "aux .",
    "name:stream.txt",
    "a\x00b.txt",
    "x" * 300 + ".csv",
    "\u202etxt.exe",
    "\x1b]0;owned\x07\x1b[2J.log",
    "line\r\nbreak\u2028.log",
    "README.txt",
    "readme.TXT",
    "-rf",
    "~/.ssh/config",
    "$(reboot);`reboot`",
    "=HYPERLINK(0).csv",
    "<script>alert(1)</script>.html",
    "e\u0301\u0301\u0301\u0301\u0301",
)
CONTENT = (
    b"<html><script>alert(1)</script><img src=//host.example/x>\n"
    b"=cmd|' /C calc'!A0\n+1+1\n@SUM(1)\n-2+3\n\x1b[2J\x1b]52;c;AAAA\x07\r\n\x00\xff\xfe\xe2\x80\xa8\xe2\x80\xae"
)
WORDS = "as asked\x1b[2J\r\nscope report: IN_SCOPE\u2028\u202egnorw\u2066\x07 =1+1 <b>"
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\.|$)")
_STEERING = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


@dataclass
class Case:
    desks: Desks
    request_id: bytes
    fetched: tuple[Fetched, ...]


@pytest.fixture(scope="module")
async def case(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Case]:
    """A request that was answered with everything hostile, fetched by the agency."""
    folder = tmp_path_factory.mktemp("hostile")
    server = ServerProcess.start(folder / "realm")
    desks = Desks(server, folder / "people")
    request_id = (await desks.act("investigator", lambda s: prepare_issue(s, desks.draft()))).request_id
    await desks.act("judge", lambda session: authority.prepare_grant(session, request_id))
    async with desks.open("provider-service") as session:
        await provider.deliver(session, request_id)
    await desks.act("compliance", lambda session: provider.prepare_receive(session, request_id))
    source = folder / "source.bin"
    source.write_bytes(CONTENT)
    records = folder / "records.jsonl"
    records.write_text(json.dumps({"instant": day(3, 12).text, "payload": f"{WORDS}{CONTENT!r}"}) + "\n")
    items = [PlanItem(source, 1, "name", since=day(4), until=day(3), name=name) for name in NAMES]
    items.append(PlanItem(records, 1, "name", "RECORDS", name="records.jsonl"))
    plan = DisclosurePlan(tuple(items), words=WORDS)
    await desks.act("compliance", lambda session: prepare_disclose(session, request_id, plan))
    async with desks.open("investigator") as session:
        fetched = await agency.fetch(session, request_id)
        await sign_and_send(session, await agency.prepare_acknowledge(session, request_id))
    yield Case(desks, request_id, fetched)
    server.stop()


async def test_hostile_names_become_names_of_ours_and_contents_stay_bytes(case: Case) -> None:
    (fetched,) = case.fetched
    assert fetched.scope_report == "IN_SCOPE"
    files = fetched.kept.files
    assert len(files) == len(NAMES) + 1
    for path in files:
        assert path.parent == fetched.directory
        assert re.fullmatch(r"\d{4}-[A-Za-z0-9_-][A-Za-z0-9._-]*", path.name)
        assert len(path.name.encode()) <= 90
        assert not _RESERVED.match(path.name)
        assert path.name[-1] not in ". "
        assert stat.S_ISREG(path.lstat().st_mode)
        assert stat.S_IMODE(path.lstat().st_mode) == 0o600, "nobody else reads it and nothing runs it"
    assert len({path.name.casefold() for path in files}) == len(files)
    assert {path.read_bytes() for path in files[: len(NAMES)]} == {CONTENT}
    # The sender's own names are kept as evidence, where no path is made of them.
    assert [item.name for item in fetched.kept.meta.items[: len(NAMES)]] == list(NAMES)


async def test_nothing_is_written_outside_the_folder_of_the_disclosure(case: Case) -> None:
    (fetched,) = case.fetched
    written = {path.name for path in case.desks.folder.parent.rglob("*")}
    assert not {name for name in written if "escaped" in name} - {path.name for path in fetched.kept.files}
    links = [path for path in case.desks.folder.rglob("*") if path.is_symlink()]
    assert links == []
    report = (fetched.directory / "report.json").read_text()
    assert report.isascii()
    assert "escaped.txt" in report
    assert ".." not in report


@pytest.mark.parametrize("plain", [False, True])
async def test_the_screen_shows_marks_instead_of_what_steers_it(case: Case, *, plain: bool) -> None:
    result = fetch_result(case.request_id, case.fetched)
    screen, talk = io.StringIO(), io.StringIO()
    Output(plain=plain, out=screen, err=talk).result("request fetch", result, fetched_tree(result))
    shown = screen.getvalue()
    assert not {char for char in shown if unicodedata.category(char) in _STEERING and char != "\n"}
    assert "\u27e8U+001B\u27e9" in shown
    assert "\u27e8U+202E\u27e9" in shown
    # Words cannot pose as a row of ours: the one true row about the scope stands where no other text begins.
    rows = [line.strip() for line in shown.splitlines()]
    assert sum(row.startswith("scope report") for row in rows) <= 2
    assert talk.getvalue() == ""


async def test_the_output_for_programs_is_ascii_and_loses_nothing(case: Case) -> None:
    result = fetch_result(case.request_id, case.fetched)
    out = io.StringIO()
    Output(json=True, out=out, err=io.StringIO()).result("request fetch", result, fetched_tree(result))
    text = out.getvalue()
    assert text.isascii()
    assert not set(text) & {"\x00", "\x07", "\x1b", "\r", "\x7f"}
    (disclosed,) = json.loads(text)["result"]["disclosures"]
    assert [item["name"] for item in disclosed["items"][: len(NAMES)]] == list(NAMES)
    assert disclosed["words"] == WORDS


async def test_a_bundle_of_hostile_files_has_members_of_our_own_naming(case: Case, tmp_path: Path) -> None:
    out = tmp_path / "case.bundle"
    async with case.desks.open("investigator") as session:
        await write_bundle(session, case.request_id, out)
    assert verify_bundle(out, case.desks.realm.directory.realm).verdict is Word.VERIFIED
    with tarfile.open(out) as archive:
        for member in archive.getmembers():
            assert re.fullmatch(r"[a-z0-9]+(?:[./-][a-z0-9]+)*", member.name)
            assert member.isreg()


def test_a_bundle_cannot_claim_more_than_it_holds(tmp_path: Path) -> None:
    """A bomb needs something that unpacks: lengths are held against the file before a byte is read."""
    path = tmp_path / "bomb.tar"
    info = tarfile.TarInfo("a.bin")
    info.size, info.mode = 8 * 1024**3 - 1, 0o600
    path.write_bytes(info.tobuf(tarfile.USTAR_FORMAT, "ascii", "strict") + bytes(1024))
    with pytest.raises(NotVerified) as raised:
        read_members(path)
    assert raised.value.rule == "TAR.LENGTH"


def test_a_bundle_of_endless_members_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "many.tar"
    with path.open("wb") as stream:
        write_members(stream, [Source(f"m{i}.bin", b"") for i in range(MAX_MEMBERS + 1)], lambda _done: None)
    with pytest.raises(Invalid) as raised:
        read_members(path)
    assert (raised.value.code, raised.value.rule) == ("X_TOO_LARGE", "MEMBER_COUNT")


async def test_a_bundle_with_a_member_twice_or_packed_is_not_verified(case: Case, tmp_path: Path) -> None:
    out = tmp_path / "case.bundle"
    async with case.desks.open("investigator") as session:
        await write_bundle(session, case.request_id, out)
    members = [Source(member.name, member.read(1 << 26)) for member in read_members(out)]
    twice = tmp_path / "twice.bundle"
    with twice.open("wb") as stream:
        write_members(stream, [*members, members[-1]], lambda _done: None)
    packed = tmp_path / "packed.bundle"
    with tarfile.open(packed, "w:gz") as archive:
        archive.add(out, "a.bin")
    for path in (twice, packed):
        found = verify_bundle(path, case.desks.realm.directory.realm)
        assert found.verdict is Word.FAILED
        assert found.reasons


@pytest.mark.parametrize("code", ["X_\x1b[2J", "x\r\nx", "\u202eX", "X" * 5000])
def test_a_code_that_is_none_shows_no_escape(code: str) -> None:
    """Codes come from peers, too; an error of an unknown code still goes through the one door to the screen."""
    screen = io.StringIO()
    Output(out=io.StringIO(), err=screen).error("request fetch", RogatoryError(code, code, code))
    shown = screen.getvalue()
    assert not {char for char in shown if unicodedata.category(char) in _STEERING and char != "\n"}
