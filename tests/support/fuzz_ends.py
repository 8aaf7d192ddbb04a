# SPDX-License-Identifier: Apache-2.0
"""Fuzz targets of server and client: frames of the writer, settings, bundles, key files, profile, drafts, plans, records.

Passphrases of fuzzed key files are not guessed: a key file's cost is made small here, which no real file may ask for.
"""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from rogatory.client.bundle_format import IndexRow, index_bytes, parse_index
from rogatory.client.bundle_tar import Source, read_members, write_members
from rogatory.client.catalogue_office import text_of
from rogatory.client.disclosing import plan_from_json
from rogatory.client.drafts import (
    DraftFact,
    DraftInstant,
    DraftRequest,
    DraftTask,
    draft_from_json,
    draft_to_json,
)
from rogatory.client.duty_book import Journal, journal_from_json
from rogatory.client.hook_settings import Hook
from rogatory.client.keyfile import Cost, Limits, lock, unlock
from rogatory.client.paging import Page
from rogatory.client.private_files import parse_json, write_private
from rogatory.client.profile import CONFIG, FOLDERS, KEYS, Person, Profile, ProfileConfig
from rogatory.client.readers.registry import READERS
from rogatory.client.roster import Shift, covered, gaps, on_duty, roster_from_json
from rogatory.client.templates import Template, TemplateTask, blank_draft, template_from_json, template_of
from rogatory.protocol.errors import Invalid, NotVerified, Unavailable
from rogatory.protocol.header import DAY_MS
from rogatory.protocol.plain import to_plain
from rogatory.server.config import StartupError, load_settings
from rogatory.server.engine.jobs import Op, TransferGrant, pack_json, unpack_json
from rogatory.server.writer import frames
from tests.support.fuzz_protocol import parsed
from tests.support.fuzz_targets import Target
from tests.support.project import ROOT
from tests.support.realm import SeededEntropy
from tests.support.rosters import ROSTER

_COST = Cost(passes=1, lanes=1, memory_kib=64)
_LIMITS = Limits(floor=_COST, ceiling=_COST)
_BODIES: Mapping[frames.FrameType, Callable[[bytes], object]] = {
    frames.FrameType.CALL: frames.read_call,
    frames.FrameType.REPLY: frames.read_number,
    frames.FrameType.ERROR: frames.read_error,
}


def _frames() -> list[bytes]:
    refused = Unavailable("X_TRANSIENT", "writer", "QUEUE")
    calls = [frames.call(n, op, bytes(32), b"payload") for n, op in enumerate(Op)]
    return [b"".join(calls[:3]), frames.reply(7, b"answer") + frames.reply(8, refused), calls[-1]]


def _split(data: bytes) -> None:
    whole = list(frames.Splitter().feed(data))
    by_byte = frames.Splitter()
    assert [found for at in range(len(data)) for found in by_byte.feed(data[at : at + 1])] == whole
    for kind, body in whole:
        if kind in _BODIES:
            _BODIES[kind](body)
    if not whole:
        raise frames.FrameError("nothing whole")


def _grant(data: bytes) -> None:
    assert unpack_json(TransferGrant, pack_json(unpack_json(TransferGrant, data))).body_length is not None


_SETTINGS = b"""listen = "127.0.0.1:0"
data_dir = "data"
scheme_dir = "scheme"
[tls]
certificate = "a.pem"
key = "b.pem"
client_ca = "a.pem"
[keys]
log_ed25519 = "b.pem"
log_ml_dsa_44 = "b.pem"
exchange = "b.pem"
clock = "b.pem"
"""


def _settings(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name in ("data", "scheme"):
            Path(folder, name).mkdir(mode=0o700)
        for name in ("a.pem", "b.pem"):
            write_private(Path(folder, name), b"")
        path = Path(folder, "config.toml")
        path.write_bytes(data)
        settings = load_settings(path)
        assert settings.data_dir.is_dir()
        assert settings.keys.exchange.is_file()


def _archives() -> list[bytes]:
    out = io.BytesIO()
    members = (Source("a.bin", b"x" * 700), Source("b/empty.bin", b""), Source("b/full.bin", b"y" * 512))
    write_members(out, members, lambda _count: None)
    return [out.getvalue()]


def _archive(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "some.tar")
        path.write_bytes(data)
        sources = [Source(member.name, member.read(1 << 20)) for member in read_members(path)]
    out = io.BytesIO()
    write_members(out, sources, lambda _count: None)
    assert out.getvalue() == data


def _index(data: bytes) -> None:
    found = parse_index(data)
    assert index_bytes(found.realm, found.request_id, found.members) == data


def _indexes() -> list[bytes]:
    rows = [IndexRow("a.bin", 700, bytes(32)), IndexRow("b.bin", 0, bytes(32))]
    return [index_bytes(bytes(32), bytes(16), rows)]


def _keyfile(data: bytes) -> None:
    secrets = unlock(data, "correct horse", _LIMITS)
    assert secrets == {"device/sign": b"s" * 32}


def _keyfiles() -> list[bytes]:
    return [lock({"device/sign": b"s" * 32}, "correct horse", _COST, SeededEntropy("key file"))]


def _profiles() -> list[bytes]:
    person = Person(bytes([1]) * 16, bytes([2]) * 16, bytes([3]) * 16, "INVESTIGATOR")
    config = ProfileConfig("exercise", "127.0.0.1:7443", bytes(32), person)
    return [json.dumps(to_plain(config)).encode()]


def _profile(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "profile")
        path.mkdir(mode=0o700)
        write_private(path / KEYS, b"")
        write_private(path / CONFIG, data)
        profile = Profile.open(path)
        assert all(profile.folder(name).is_dir() for name in FOLDERS)
        profile.save()
        assert Profile.open(path).config == profile.config


def _drafts() -> list[bytes]:
    when = DraftInstant("2026-11-02T08:15:00", "Europe/Vienna")
    task = DraftTask("account_id", "exercise-user@mail.example", ("name",), when, when, "EVIDENCE")
    facts = {"offence.max_penalty_months": DraftFact((), 120)}
    draft = DraftRequest("DISCLOSURE", "eu.e-evidence", "provider", "authority", (task,), facts)
    return [json.dumps(draft_to_json(draft)).encode()]


def _draft(data: bytes) -> None:
    draft = draft_from_json(parsed(data))
    assert draft_from_json(json.loads(json.dumps(draft_to_json(draft)))) == draft


def _catalogues() -> list[bytes]:
    return [(ROOT / "tests" / "cli" / "files" / "catalogue.json").read_bytes()]


def _catalogue(data: bytes) -> None:
    text = text_of(parsed(data))
    assert text_of(to_plain(text)) == text


def _templates() -> list[bytes]:
    facts = {"offence.max_penalty_months": DraftFact((), 120), "person.role": DraftFact(("SUSPECT",))}
    tasks = (TemplateTask("account_id", ("name", "login_ip")),)
    made = Template("DISCLOSURE", "eu.e-evidence.2023-1543", "0" * 32, "the court", tasks, facts)
    return [json.dumps(to_plain(made)).encode()]


def _template(data: bytes) -> None:
    template = template_from_json(parsed(data), ["the court"])
    assert template_from_json(json.loads(json.dumps(to_plain(template))), ["the court"]) == template
    assert template_of(blank_draft(template)) == template


def _plans() -> list[bytes]:
    item: dict[str, Any] = {"path": "rows.json", "task": 1, "element": "name", "format": "RECORDS"}
    return [json.dumps({"items": [item], "outcomes": {"1": "DELIVERED"}, "words": "invented"}).encode()]


def _plan(data: bytes) -> None:
    plan = plan_from_json(parsed(data), Path("base"))
    assert all(number >= 0 for number in plan.outcomes)


def _rosters() -> list[bytes]:
    mail = Hook("SMTP", host="mail.example", port=465, sender="pager@mail.example")
    web = Hook("WEBHOOK", url="https://desk.example/page")
    dated = Shift("08:00", "12:00", ("head",), first="2026-12-24", last="2026-12-26")
    hooks = {**ROSTER.hooks, "mail": mail, "web": web}
    return [json.dumps(to_plain(replace(ROSTER, hooks=hooks, shifts=(*ROSTER.shifts, dated)))).encode()]


def _roster(data: bytes) -> None:
    made = roster_from_json(parsed(data))
    holes = gaps(made, 0, 3 * DAY_MS)
    assert all(not covered(made, hole.since_ms) for hole in holes)
    assert set(on_duty(made, 1_793_603_700_000, urgent=True)) <= set(made.people)


def _journals() -> list[bytes]:
    page = Page(bytes(16), bytes(16), "WORK", bytes(32), 4, "ARRIVED", 0, 4, "ROUTINE", "night", 0, False, 1)
    return [json.dumps(to_plain(Journal((page, replace(page, sent_ms=5, hook="sms")), 7))).encode()]


def _journal(data: bytes) -> None:
    made = journal_from_json(parsed(data))
    assert journal_from_json(to_plain(made)) == made


_NUMBERS = b'{"a": [1.5, -2e3, 0, 1e300, null, true]}'


def _json(data: bytes) -> None:
    said = parse_json(data, "it")
    assert parse_json(json.dumps(said), "it") == said


_RECORDS = {
    "CGNAT_SYSLOG": b"<134>1 2026-11-02T08:15:00+01:00 cgn1 nat - - - ADD 203.0.113.7:40001\n" * 2,
    "MBOX": b"From a@mail.example\nDate: Mon, 02 Nov 2026 08:15:00 +0100\nSubject: x\n\nwords\n" * 2,
    "RADIUS_DETAIL": b'Mon Nov  2 03:15:00 2026\n\tUser-Name = "a@b.example"\n\tTimestamp = 1793603700\n\n'
    * 2,
    "RECORDS": b'{"instant": "2026-11-02T08:15:00+01:00", "value": 1}\n' * 2,
}


def _reader(name: str) -> Target:
    reader, valid = READERS[name], next(v for k, v in _RECORDS.items() if k == name)

    def read(data: bytes) -> None:
        found = list(reader(io.BytesIO(data), 1, "name", 0))
        assert list(reader(io.BytesIO(data), 1, "name", 0)) == found
        assert len(found) <= 1 + data.count(b"\n") + data.count(b"\r")

    module = reader.__module__.removeprefix("rogatory.")
    return Target(f"records {name}", module, (), lambda: [valid], read)


TARGETS = (
    Target("writer frames", "server.writer.frames", (frames.FrameError,), _frames, _split),
    Target("transfer grant", "server.engine.jobs", (Invalid,), lambda: [pack_json(TransferGrant(5))], _grant),
    Target("settings", "server.config", (StartupError,), lambda: [_SETTINGS], _settings, slow=5),
    Target("bundle archive", "client.bundle_tar", (NotVerified, Invalid), _archives, _archive, slow=4),
    Target("bundle index", "client.bundle_format", (Invalid,), _indexes, _index),
    Target("key file", "client.keyfile", (NotVerified, Invalid), _keyfiles, _keyfile),
    Target("profile", "client.profile", (Invalid,), _profiles, _profile, slow=20),
    Target("JSON", "client.private_files", (Invalid,), lambda: [*_drafts(), *_plans(), _NUMBERS], _json),
    Target("draft", "client.drafts", (Invalid,), _drafts, _draft),
    Target("catalogue", "client.catalogue_office", (Invalid,), _catalogues, _catalogue),
    Target("template", "client.templates", (Invalid,), _templates, _template),
    Target("plan", "client.disclosing", (Invalid,), _plans, _plan),
    Target("roster", "client.roster", (Invalid,), _rosters, _roster, slow=2),
    Target("calls", "client.duty_book", (Invalid,), _journals, _journal),
    *(_reader(name) for name in sorted(READERS)),
)
