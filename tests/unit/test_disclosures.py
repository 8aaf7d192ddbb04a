# SPDX-License-Identifier: Apache-2.0
"""Sealed disclosures: whole or not at all, for the named units only, and harmless whatever the sender calls its files."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from rogatory.client.sealing import body
from rogatory.client.sealing.derive import object_keys, plaintext_commitment
from rogatory.client.sealing.files import PartLeaves, safe_name
from rogatory.client.sealing.plaintext import verify_plaintext
from rogatory.client.sealing.seal import SealedDisclosure, measure, seal_disclosure
from rogatory.client.sealing.unseal import OpenedDisclosure, open_disclosure
from rogatory.client.sealing.xwing import wrap_all
from rogatory.protocol import errors
from rogatory.protocol.content import DisclosedItem
from rogatory.protocol.errors import Invalid, NotAuthorised, NotVerified
from rogatory.protocol.sealed import (
    body_length,
    context_digest,
    key_commitment,
    part_leaf,
    part_root,
)
from rogatory.protocol.statements import PART_SIZE, Disclose, TaskOutcome
from tests.support.realm import SeededEntropy
from tests.support.sealing import Recipient, disclosure_context, recipients

_UNIT, _DEFENCE, _STRANGER = Recipient("unit"), Recipient("defence"), Recipient("stranger")
_CONTEXT = disclosure_context(_UNIT, _DEFENCE)
_NAMES = ("nat.log", "mail.mbox")


@dataclass(frozen=True)
class Case:
    """A sealed disclosure on disk with its manifest."""

    folder: Path
    sealed: SealedDisclosure
    manifest: Disclose

    @property
    def body(self) -> Path:
        return self.folder / "body"

    def open(self, recipient: Recipient = _UNIT, into: str = "in") -> OpenedDisclosure:
        return open_disclosure(self.body, self.manifest, _CONTEXT, recipient.keys, self.folder / into)

    def landed(self) -> list[str]:
        folder = self.folder / "in"
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def _seal(folder: Path, *contents: bytes, names: tuple[str, ...] = _NAMES, words: str = "words") -> Case:
    items = []
    for index, (name, content) in enumerate(zip(names, contents, strict=False)):
        path = folder / f"source-{index}"
        path.write_bytes(content)
        items.append((DisclosedItem(name=name, task=1, element="nat_binding"), path))
    to = recipients(_UNIT, _DEFENCE)
    made = seal_disclosure(items, words, _CONTEXT, to, folder / "body", SeededEntropy())
    return Case(folder, made, made.manifest(fits_scope=True, outcomes=[TaskOutcome(1, "DELIVERED")]))


def _broken(case: Case) -> str:
    with pytest.raises(NotVerified) as caught:
        case.open()
    assert caught.value.code == errors.X_SEAL_BROKEN
    assert case.landed() == []
    return caught.value.rule


def test_each_named_unit_opens_equal_bytes(tmp_path: Path) -> None:
    contents = (os.urandom(70_000), b"second")
    case = _seal(tmp_path, *contents)
    for number, party in enumerate((_UNIT, _DEFENCE)):
        opened = case.open(party, f"in-{number}")
        assert tuple(path.read_bytes() for path in opened.files) == contents
        assert [item.name for item in opened.meta.items] == list(_NAMES)
        assert opened.meta.words == "words"
        assert [path.name for path in opened.files] == ["0001-nat.log", "0002-mail.mbox"]


@pytest.mark.parametrize("contents", [(), (b"",), (b"", b""), (b"", b"x"), (b"x", b"")])
def test_empty_answers_and_empty_files_survive(tmp_path: Path, contents: tuple[bytes, ...]) -> None:
    opened = _seal(tmp_path, *contents).open()
    assert tuple(path.read_bytes() for path in opened.files) == contents


def test_the_manifest_says_what_is_on_disk(tmp_path: Path) -> None:
    case = _seal(tmp_path, os.urandom(2 * PART_SIZE))
    data = case.body.read_bytes()
    leaves = [part_leaf(data[start : start + PART_SIZE]) for start in range(0, len(data), PART_SIZE)]
    assert case.manifest.body_length == len(data)
    assert case.manifest.part_root == part_root(leaves)
    assert case.sealed.leaves == tuple(leaves)
    assert case.manifest.key_commitment == data[24:56]
    assert case.manifest.context_digest == context_digest(_CONTEXT)


def test_short_answers_all_have_one_size(tmp_path: Path) -> None:
    sizes = {_seal(tmp_path, bytes(n)).manifest.body_length for n in (0, 1, 100, 1500, 3000, 3700)}
    assert sizes == {body_length(4096)}


def test_a_unit_that_is_not_named_gets_nothing(tmp_path: Path) -> None:
    case = _seal(tmp_path, b"content")
    with pytest.raises(NotAuthorised):
        case.open(_STRANGER)
    assert case.landed() == []


def test_it_cannot_be_sealed_to_anybody_else_than_the_context_names(tmp_path: Path) -> None:
    with pytest.raises(Invalid):
        seal_disclosure([], "", _CONTEXT, recipients(_UNIT, _STRANGER), tmp_path / "b", SeededEntropy())
    assert not (tmp_path / "b").exists()


def _flip(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


_CHUNK = 16_400


@pytest.mark.parametrize(
    ("damage", "rule"),
    [
        (lambda data: data[:-1], "DISCLOSURE.LENGTH"),
        (lambda data: data[: 56 + _CHUNK], "DISCLOSURE.LENGTH"),
        (lambda data: data + b"\0", "DISCLOSURE.LENGTH"),
        (lambda data: _flip(data, 0), "DISCLOSURE.KEY_COMMITMENT"),
        (lambda data: _flip(data, 30), "DISCLOSURE.KEY_COMMITMENT"),
        (lambda data: _flip(data, 60), "DISCLOSURE.BODY"),
        (lambda data: _flip(data, len(data) - 1), "DISCLOSURE.BODY"),
        (
            lambda data: (
                data[:56]
                + data[56 + _CHUNK : 56 + 2 * _CHUNK]
                + data[56 : 56 + _CHUNK]
                + data[56 + 2 * _CHUNK :]
            ),
            "DISCLOSURE.BODY",
        ),
        (
            lambda data: data[:56] + data[56 : 56 + _CHUNK] * 2 + data[56 + 2 * _CHUNK :],
            "DISCLOSURE.BODY",
        ),
    ],
)
def test_a_damaged_body_leaves_no_file(tmp_path: Path, damage: Callable[[bytes], bytes], rule: str) -> None:
    case = _seal(tmp_path, os.urandom(60_000), b"x")
    case.body.write_bytes(damage(case.body.read_bytes()))
    assert _broken(case) == rule


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"context_digest": b"x" * 32}, "DISCLOSURE.CONTEXT"),
        ({"disclosure_id": b"x" * 16}, "DISCLOSURE.CONTEXT"),
        ({"body_length": body_length(8192)}, "DISCLOSURE.LENGTH"),
        ({"part_size": 1}, "DISCLOSURE.PART_SIZE"),
        ({"part_root": b"x" * 32}, "DISCLOSURE.PART_ROOT"),
        ({"key_commitment": b"x" * 32}, "DISCLOSURE.KEY_COMMITMENT"),
        ({"plaintext_commitment": b"x" * 32}, "DISCLOSURE.PLAINTEXT_COMMITMENT"),
    ],
)
def test_each_fact_of_the_manifest_is_checked(tmp_path: Path, change: dict[str, bytes], rule: str) -> None:
    case = _seal(tmp_path, b"content", b"more")
    assert _broken(replace(case, manifest=replace(case.manifest, **change))) == rule  # type: ignore[arg-type]


def test_fewer_recipients_than_agreed_are_noticed_by_those_that_are_left(tmp_path: Path) -> None:
    case = _seal(tmp_path, b"content")
    mine = tuple(wrap for wrap in case.manifest.wraps if wrap.key_id == _UNIT.key_id)
    assert _broken(replace(case, manifest=replace(case.manifest, wraps=mine))) == "DISCLOSURE.RECIPIENTS"


def test_a_wrap_of_another_key_for_one_recipient_fails_on_the_key_commitment(tmp_path: Path) -> None:
    case = _seal(tmp_path, b"content")
    wraps = wrap_all(b"z" * 32, context_digest(_CONTEXT), recipients(_UNIT, _DEFENCE), _CONTEXT.recipients)
    assert _broken(replace(case, manifest=replace(case.manifest, wraps=wraps))) == "DISCLOSURE.KEY_COMMITMENT"


def test_a_file_that_changes_between_hashing_and_sealing_stops_the_disclosure(tmp_path: Path) -> None:
    path = tmp_path / "source"
    for later in (b"evidencf", b"evidenc", b"evidence!"):
        path.write_bytes(b"evidence")
        item = measure(DisclosedItem(name="a"), path)
        path.write_bytes(later)
        with pytest.raises(Invalid) as caught:
            seal_disclosure(
                [(item, path)], "", _CONTEXT, recipients(_UNIT, _DEFENCE), tmp_path / "b", SeededEntropy()
            )
        assert (caught.value.code, caught.value.rule) == (errors.X_PART_INVALID, "SOURCE_CHANGED")
        assert sorted(found.name for found in tmp_path.iterdir()) == ["source"]


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "0001-passwd"),
        ("/etc/shadow", "0001-shadow"),
        ("..\\..\\windows\\system.ini", "0001-system.ini"),
        ("CON", "0001-CON"),
        (".ssh", "0001-ssh"),
        ("invoice\u202efdp.exe", "0001-invoice_fdp.exe"),
        ("a\x00b\nc\x1b[2J.txt", "0001-a_b_c_2J.txt"),
        ("", "0001-item"),
        ("...", "0001-item"),
        ("x" * 500 + ".csv", "0001-" + "x" * 76 + ".csv"),
        ("trailing. ", "0001-trailing"),
    ],
)
def test_a_hostile_name_becomes_a_harmless_one(tmp_path: Path, name: str, safe: str) -> None:
    assert safe_name(0, name) == safe
    opened = _seal(tmp_path, b"content", names=(name,)).open()
    assert [path.relative_to(tmp_path / "in").as_posix() for path in opened.files] == [safe]
    assert opened.meta.items[0].name == name


def test_a_file_name_that_is_no_text_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as caught:
        _seal(tmp_path, b"content", names=("a\udcff",))
    assert (caught.value.field, caught.value.rule) == ("items[0].name", "UTF8")
    assert not (tmp_path / "body").exists()


def test_two_files_of_one_name_stay_two_files(tmp_path: Path) -> None:
    opened = _seal(tmp_path, b"1", b"2", names=("same", "same")).open()
    assert [path.read_bytes() for path in opened.files] == [b"1", b"2"]


def test_a_link_that_lies_in_wait_is_not_followed(tmp_path: Path) -> None:
    case = _seal(tmp_path, b"content")
    victim = tmp_path / "victim"
    victim.write_bytes(b"untouched")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "0001-nat.log.partial").symlink_to(victim)
    (tmp_path / "in" / "0001-nat.log").symlink_to(victim)
    assert case.open().files[0].read_bytes() == b"content"
    assert victim.read_bytes() == b"untouched"


def _hostile(folder: Path, plaintext: bytes) -> Case:
    """A sender with the right keys and any plaintext it likes; the manifest fits it."""
    case = _seal(folder, b"content")
    digest = context_digest(_CONTEXT)
    keys = object_keys(b"h" * 32, digest)
    cipher = body.encryptor(keys.stream, keys.body_context)
    data = cipher.update(plaintext) + cipher.finalize()
    case.body.write_bytes(data)
    leaves = PartLeaves()
    leaves.update(data)
    manifest = replace(
        case.manifest,
        wraps=wrap_all(b"h" * 32, digest, recipients(_UNIT, _DEFENCE), _CONTEXT.recipients),
        body_length=len(data),
        part_root=part_root(leaves.leaves()),
        key_commitment=key_commitment(data),
        plaintext_commitment=plaintext_commitment(keys.commitment, b""),
    )
    return replace(case, manifest=manifest)


def test_a_meta_longer_than_the_plaintext_is_refused(tmp_path: Path) -> None:
    assert _broken(_hostile(tmp_path, b"\xff\xff\xff\xff" + bytes(4092))) == "DISCLOSURE.META_LENGTH"


def test_lengths_that_do_not_add_up_are_refused(tmp_path: Path) -> None:
    assert _broken(_hostile(tmp_path, bytes(4096))) == "DISCLOSURE.PLAINTEXT_LENGTH"


def test_a_plaintext_without_room_for_its_head_is_refused(tmp_path: Path) -> None:
    assert _broken(_hostile(tmp_path, b"\x00\x00")) == "DISCLOSURE.PLAINTEXT_LENGTH"


def test_a_size_chosen_by_the_sender_is_refused(tmp_path: Path) -> None:
    # Meta of three bytes: field 3 (pad_length) = 4993, so everything adds up, yet 5000 is no padded length.
    meta = b"\x18" + bytes([4993 & 0x7F | 0x80, 4993 >> 7])
    plaintext = len(meta).to_bytes(4, "big") + meta
    assert _broken(_hostile(tmp_path, plaintext + bytes(5000 - len(plaintext)))) == "DISCLOSURE.PADDING"


def test_words_in_the_padding_are_refused(tmp_path: Path) -> None:
    meta = b"\x18" + bytes([4089 & 0x7F | 0x80, 4089 >> 7])
    plaintext = len(meta).to_bytes(4, "big") + meta
    assert _broken(_hostile(tmp_path, plaintext + bytes(4088) + b"!")) == "DISCLOSURE.PADDING"


def test_files_are_proven_against_the_manifest_without_the_data_key(tmp_path: Path) -> None:
    case = _seal(tmp_path, b"first", b"second")
    opened = case.open()
    proven = verify_plaintext(opened.commitment_key, opened.meta_bytes, opened.files, case.manifest)
    assert proven == opened.meta
    rules = []
    other_meta = bytes(opened.meta_bytes).replace(b"words", b"sword")
    for key, meta, files in (
        (b"x" * 32, opened.meta_bytes, opened.files),
        (opened.commitment_key, other_meta, opened.files),
        (opened.commitment_key, opened.meta_bytes, opened.files[::-1]),
        (opened.commitment_key, opened.meta_bytes, opened.files[:1]),
    ):
        with pytest.raises(NotVerified) as caught:
            verify_plaintext(key, meta, files, case.manifest)
        rules.append(caught.value.rule.removeprefix("DISCLOSURE."))
    assert rules == ["PLAINTEXT_COMMITMENT", "PLAINTEXT_COMMITMENT", "ITEM_HASH", "ITEM_COUNT"]


def test_progress_ends_at_the_whole(tmp_path: Path) -> None:
    path = tmp_path / "source"
    path.write_bytes(bytes(3_000_000))
    seen: list[tuple[int, int]] = []
    made = seal_disclosure(
        [(DisclosedItem(name="a"), path)],
        "",
        _CONTEXT,
        recipients(_UNIT, _DEFENCE),
        tmp_path / "body",
        SeededEntropy(),
        lambda done, total: seen.append((done, total)),
    )
    assert seen == sorted(seen)
    assert seen[-1][0] == seen[-1][1]
    manifest = made.manifest(fits_scope=True, outcomes=[])
    seen.clear()
    open_disclosure(
        tmp_path / "body",
        manifest,
        _CONTEXT,
        _UNIT.keys,
        tmp_path / "in",
        lambda done, total: seen.append((done, total)),
    )
    assert seen[-1] == (manifest.body_length, manifest.body_length)


def test_keys_and_content_do_not_show_when_printed(tmp_path: Path) -> None:
    opened = _seal(tmp_path, b"content").open()
    assert opened.commitment_key.hex() not in repr(opened)
    assert "commitment_key" not in repr(opened)
