# SPDX-License-Identifier: Apache-2.0
"""Files that are whole and well formed, and should not be taken: naive, expired, replayed, of another window or realm.

Drafts, plans, profiles, bundles, copies of the log and signed statements, each handed to the real command. What is refused
before a signature leaves no entry; a signed statement that is refused leaves one, and its bytes in the evidence.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from rogatory.client.log_reader import mirror
from rogatory.client.private_files import write_private
from rogatory.client.profile import Profile
from rogatory.protocol import codec
from rogatory.protocol.envelope import parse_envelope, sign_statement
from rogatory.protocol.header import DAY_MS
from rogatory.protocol.statements import MAX_ENVELOPE, Statement
from tests.support.breakages import picture
from tests.support.cli_life import IDENTIFIER, Life
from tests.support.commands import PASSPHRASE
from tests.support.liar import Inner
from tests.support.probing import Footprint

SPAN: dict[str, object] = {
    "since": {"text": "2026-08-20T00:00:00Z"},
    "until": {"text": "2026-08-21T00:00:00Z"},
}
OTHER_REALM = "ab" * 32


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    made = Life.make(tmp_path_factory.mktemp("life"))
    yield made
    made.close()


@dataclass(frozen=True)
class Said:
    """What a run came to: exit code, the answer's object, entries that it left, and everything that it said."""

    code: int
    answer: dict[str, Any]
    entries: int
    words: str

    @property
    def error(self) -> tuple[str, str, str]:
        error = self.answer["error"]
        return error["code"], error["field"], error["rule"]


def desk(life: Life, folder: Path, who: str = "investigator") -> Path:
    shutil.copytree(life.profiles / who, folder / "p")
    shutil.copy(life.folder / "rows.jsonl", folder)
    return folder


def changed_draft(life: Life, folder: Path, change: dict[str, object]) -> None:
    draft = json.loads((life.folder / "draft.json").read_text())
    draft["tasks"] = [draft["tasks"][1] | change]
    (folder / "draft.json").write_text(json.dumps(draft))


def run(life: Life, folder: Path, *words: str) -> Said:
    before = Footprint.of_data(life.data)
    ran = life.run(folder, *(word.format(**life.ids) for word in words), "--profile", "p", "--json")
    after = Footprint.of_data(life.data)
    assert after.kept == before.kept
    assert "Traceback" not in ran.out + ran.err
    return Said(ran.code, json.loads(ran.out), after.size - before.size, ran.out + ran.err)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"since": {"text": "2026-08-20T00:00:00"}}, ("X_TIME_NAIVE", "tasks[0].since.zone", "ZONE_STATED")),
        (
            {"observed": [{"text": "2026-08-21T10:00:00"}]},
            ("X_TIME_NAIVE", "tasks[0].observed[0].zone", "ZONE_STATED"),
        ),
        ({"until": {"text": "2026-08-26 10:00"}}, ("X_FIELD_INVALID", "tasks[0].until.text", "RFC3339")),
        (
            {"until": {"text": "2026-08-26T10:00:00", "zone": "Mars/Olympus"}},
            ("X_FIELD_INVALID", "tasks[0].until.zone", "ZONE_UNKNOWN"),
        ),
    ],
)
def test_a_draft_with_a_time_that_is_no_moment_is_not_kept(
    life: Life, tmp_path: Path, change: dict[str, object], error: tuple[str, str, str]
) -> None:
    folder = desk(life, tmp_path)
    changed_draft(life, folder, change)
    before = picture(folder)
    made = run(life, folder, "request", "new", "--from-json", "draft.json")
    assert (made.code, made.error, made.entries) == (4, error, 0)
    assert IDENTIFIER not in made.words
    assert picture(folder) == before


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (
            {"since": {"text": "2026-08-27T00:00:00Z"}, "until": {"text": "2026-08-26T00:00:00Z"}},
            ("X_TIME_RANGE_INVALID", "header.tasks[0].last_day", "WINDOW"),
        ),
        (
            {"until": {"text": "2031-01-01T00:00:00Z"}},
            ("X_PROSPECTIVE_DATA", "header.tasks[0].last_day", "STORED_DATA_ONLY"),
        ),
    ],
)
def test_a_draft_with_a_time_that_does_not_do_is_neither_signed_nor_sent(
    life: Life, tmp_path: Path, change: dict[str, object], error: tuple[str, str, str]
) -> None:
    """A draft may be kept half done; `lint` and `send` name what is wrong, also where the question was answered."""
    folder = desk(life, tmp_path)
    changed_draft(life, folder, change)
    made = run(life, folder, "request", "new", "--from-json", "draft.json", "--yes")
    number = made.answer["result"]["request_id"]
    lint = run(life, folder, "request", "lint", number)
    found = [(item["code"], item["field"], item["rule"]) for item in lint.answer["result"]["findings"]]
    assert (lint.code, lint.entries) == (4, 0)
    assert error in found
    before = {name: kind for name, kind in picture(folder).items() if not name.startswith("p/state/")}
    sent = run(life, folder, "request", "send", number, "--yes")
    assert (sent.code, sent.error, sent.entries) == (4, error, 0)
    assert IDENTIFIER not in sent.words
    assert {name: kind for name, kind in picture(folder).items() if not name.startswith("p/state/")} == before


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"since": {"text": "2026-08-20T00:00:00"}}, ("X_TIME_NAIVE", "items[0].since.zone", "ZONE_STATED")),
        (
            {"since": {"text": "2026-07-20T00:00:00Z"}},
            ("X_OUT_OF_SCOPE", "items[0].rows[0]", "BEFORE_WINDOW"),
        ),
        ({"until": {"text": "2026-09-20T00:00:00Z"}}, ("X_OUT_OF_SCOPE", "items[0].rows[0]", "AFTER_WINDOW")),
        ({"until": {"text": "2026-08-19T00:00:00Z"}}, ("X_OUT_OF_SCOPE", "items[0].rows[0]", "TIME_UNKNOWN")),
        ({"task": 99}, ("X_OUT_OF_SCOPE", "items[0].rows[0]", "TASK_NOT_GRANTED")),
    ],
)
def test_a_plan_outside_the_grant_is_neither_sealed_nor_sent(
    life: Life, tmp_path: Path, change: dict[str, object], error: tuple[str, str, str]
) -> None:
    folder = desk(life, tmp_path, "compliance")
    item = {"path": "rows.jsonl", "task": 2, "element": "message_header", **SPAN, **change}
    (folder / "plan.json").write_text(json.dumps({"items": [item]}))
    before = {name: kind for name, kind in picture(folder).items() if not name.startswith("p/state/")}
    said = run(life, folder, "provider", "disclose", "{REQUEST}", "--plan", "plan.json", "--yes")
    assert (said.code, said.error) == (4, error)
    assert said.entries in {
        1,
        2,
    }  # the looks of the provider at its request: one, and one for the list of rows
    assert {name: kind for name, kind in picture(folder).items() if not name.startswith("p/state/")} == before


@pytest.mark.parametrize(
    "words", [("keys", "list"), ("request", "send", "{DRAFT}", "--yes"), ("audit", "list")]
)
def test_a_profile_of_another_realm_signs_and_shows_nothing(
    life: Life, tmp_path: Path, words: tuple[str, ...]
) -> None:
    folder = desk(life, tmp_path)
    config = folder / "p" / "profile.json"
    write_private(config, json.dumps(json.loads(config.read_bytes()) | {"realm": OTHER_REALM}).encode())
    before = picture(folder)
    said = run(life, folder, *words)
    assert (said.code, said.entries) == (7, 0)
    assert said.error == ("X_REALM_MISMATCH", "root", "PINNED_FINGERPRINT")
    assert picture(folder) == before


def test_a_bundle_and_a_copy_of_another_realm_are_not_verified(life: Life, tmp_path: Path) -> None:
    folder = desk(life, tmp_path, "inspector")
    shutil.copy(life.folder / "exhibit.bundle", folder)
    shutil.copytree(life.folder / "copy", folder / "copy")
    for words, at in (
        (("verify", "exhibit.bundle"), "scheme.root"),
        (("audit", "verify", "copy"), "mirror.root"),
    ):
        said = run(life, folder, *words, "--root", OTHER_REALM)
        assert (said.code, said.answer["result"]["verdict"]) == (7, "FAILED")
        assert said.answer["result"]["reasons"] == [
            {"code": "X_REALM_MISMATCH", "at": at, "rule": "PINNED_FINGERPRINT"}
        ]


async def test_a_copy_of_another_realms_log_is_not_gone_on_with(life: Life, tmp_path: Path) -> None:
    inner = Inner.build(tmp_path / "elsewhere")
    inner.world.submit("investigator", inner.world.issue()[1])
    (tmp_path / "case").mkdir()
    folder = desk(life, tmp_path / "case", "inspector")
    async with inner.open("inspector") as session:
        await mirror(session, folder / "copy")
    inner.world.engine.close()
    before = picture(folder / "copy")
    said = run(life, folder, "audit", "mirror", "copy")
    assert (said.code, said.error[0], said.error[1], said.entries) == (7, "X_LOG_INVALID", "mirror", 0)
    assert picture(folder / "copy") == before
    said = run(life, folder, "audit", "verify", "copy")
    assert said.answer["result"]["reasons"][0]["code"] == "X_REALM_MISMATCH"


def waiting(folder: Path, envelope: bytes) -> None:
    """Lay a signed statement into the outbox, as a copied or kept file would lie there."""
    place = folder / "p" / "outbox" / "000001"
    place.mkdir(mode=0o700)
    write_private(place / "waiting.json", b'{"objects": 0}')
    write_private(place / "envelope.bin", envelope)


def statement(life: Life) -> bytes:
    return (life.folder / "waiting" / "000001" / "envelope.bin").read_bytes()


def signed_again(life: Life, shift_ms: int) -> bytes:
    """The waiting statement by its signer's own hand, at another time."""
    signer = Profile.open(life.profiles / "investigator").unlock(PASSPHRASE).signer
    found = codec.decode(Statement, parse_envelope(statement(life)).payload, limit=MAX_ENVELOPE)
    header = found.header
    issued, expires = header.issued_at_ms + shift_ms, header.expires_at_ms + shift_ms
    header = replace(header, issued_at_ms=issued, expires_at_ms=expires)
    return sign_statement(replace(found, header=header), signer)


def test_a_statement_that_is_replayed_gets_its_first_receipt_and_no_entry(life: Life, tmp_path: Path) -> None:
    folder = desk(life, tmp_path)
    for _ in range(2):
        waiting(folder, statement(life))
        said = run(life, folder, "request", "send", "--waiting")
        (flushed,) = said.answer["result"]["flushed"]
        assert (said.code, said.entries, flushed["index"]) == (0, 0, life.index)


@pytest.mark.parametrize(
    ("kind", "who", "code", "field", "rule"),
    [
        ("expired", "investigator", "X_EXPIRED", "header.expires_at_ms", "EXPIRY"),
        ("of tomorrow", "investigator", "X_ISSUED_IN_FUTURE", "header.issued_at_ms", "CLOCK_SKEW"),
        ("of another realm", "investigator", "X_KEY_UNKNOWN", "key_id", "DIRECTORY.KEY"),
        ("of another person", "compliance", "X_NOT_AUTHORISED", "header.issuer", "PEER_IS_ISSUER"),
    ],
)
def test_a_statement_that_must_not_count_gets_a_signed_no_and_is_kept_as_evidence(
    life: Life, tmp_path: Path, kind: str, who: str, code: str, field: str, rule: str
) -> None:
    (tmp_path / "case").mkdir()
    folder = desk(life, tmp_path / "case", who)
    envelope = statement(life)
    if kind == "expired":
        envelope = signed_again(life, -40 * DAY_MS)
    elif kind == "of tomorrow":
        envelope = signed_again(life, DAY_MS)
    elif kind == "of another realm":
        inner = Inner.build(tmp_path / "elsewhere")
        envelope = inner.world.issue()[1]
        inner.world.engine.close()
    waiting(folder, envelope)
    said = run(life, folder, "request", "send", "--waiting")
    (flushed,) = said.answer["result"]["flushed"]
    assert (flushed["code"], flushed["field"], flushed["rule"]) == (code, field, rule)
    assert (said.code, flushed["kept"]) == (4, False)
    assert said.entries == 1
    assert list((folder / "p" / "outbox").iterdir()) == []
    assert (folder / "p" / "evidence" / "0001-rejected" / "01.bin").read_bytes() == envelope


def test_a_certificate_out_of_its_term_is_not_told_as_a_network_that_is_down(
    life: Life, tmp_path: Path
) -> None:
    folder = desk(life, tmp_path)
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    name = x509.Name([])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - dt.timedelta(days=2)).not_valid_after(now - dt.timedelta(days=1))
    write_private(folder / "p/tls/cert.pem", builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_private(folder / "p/tls/key.pem", secret)
    said = run(life, folder, "audit", "checkpoint")
    assert (said.code, said.error, said.entries) == (
        6,
        ("X_EXPIRED", "profile.tls.cert", "CERTIFICATE.TERM"),
        0,
    )
    said = run(
        life, folder, "request", "lint", "{DRAFT}"
    )  # a draft can still be looked at, and the reason is said
    assert "findings" in said.answer["result"]
    assert "has run out" in said.words
