# SPDX-License-Identifier: Apache-2.0
"""What a training ceremony makes: a realm that opens under its own fingerprint only, and files that are private."""

import stat
from pathlib import Path

import pytest
from cryptography import x509

from rogatory.client import realm_files
from rogatory.client.certificates import device_uri
from rogatory.protocol import errors
from rogatory.protocol.directory import PartyKind
from rogatory.protocol.errors import NotVerified
from rogatory.protocol.quorum import open_root
from tests.support.realm import SeededEntropy, TrainingRealm, shared_realm


def test_a_realm_opens_under_its_own_fingerprint_and_no_other() -> None:
    realm = shared_realm().realm
    root, fingerprint = open_root(realm.root, realm.fingerprint)
    assert root.marking == "EXERCISE"
    assert fingerprint == realm.fingerprint
    with pytest.raises(NotVerified) as caught:
        open_root(realm.root, bytes(32))
    assert caught.value.code == errors.X_REALM_MISMATCH


def test_two_agencies_and_two_providers_exist_so_that_isolation_can_be_shown() -> None:
    directory = shared_realm().directory
    assert [len(directory.of_kind(kind)) for kind in PartyKind] == [2, 2, 3, 1, 1]  # one provider is outside


def test_each_certificate_names_its_row_by_exactly_one_uri_and_the_row_names_its_key() -> None:
    realm = shared_realm()
    for name, member in realm.realm.members.items():
        leaf = x509.load_pem_x509_certificate(member.tls.certificate)
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        row = realm.row(name)
        assert list(names) == [x509.UniformResourceIdentifier(device_uri(row.org, row.subject))]
        assert realm.directory.device(member.tls.spki) == row


def test_the_log_keys_of_the_root_are_two_keys_of_the_one_origin() -> None:
    root = shared_realm().root
    names = [vkey.decode().split("+")[0] for vkey in root.log_vkeys]
    assert names == [root.log_origin, root.log_origin]
    assert len(set(root.log_vkeys)) == 2


def test_the_same_randomness_makes_the_same_directory_rows() -> None:
    first, second = (TrainingRealm.build(entropy=SeededEntropy("twice")) for _ in range(2))
    assert first.row("judge").key_id == second.row("judge").key_id
    assert first.unit("provider").sealing_key == second.unit("provider").sealing_key


def test_files_are_readable_by_their_owner_only_and_never_overwritten(tmp_path: Path) -> None:
    realm = shared_realm().realm
    realm_files.write_server(realm, tmp_path / "server")
    for path in (tmp_path / "server").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
    with pytest.raises(FileExistsError):
        realm_files.write_server(realm, tmp_path / "server")
