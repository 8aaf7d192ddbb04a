# SPDX-License-Identifier: Apache-2.0
"""Authorisation rules: every method of the schema has one, and a method that has none keeps the server from starting."""

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool

from rogatory.protocol import errors
from rogatory.protocol.directory import PartyKind
from rogatory.protocol.errors import NotAuthorised
from rogatory.server.config import StartupError
from rogatory.server.policy import OPEN_METHODS, ObjectRule, Rule, authorise, check_rules
from rogatory.server.servicers.register import checked_rules
from rogatory.server.servicers.rules import methods_of, rules_of
from rogatory.v1 import options_pb2, services_pb2
from tests.support.realm import shared_realm

DISCLOSURE_READERS = frozenset({PartyKind.AGENCY, PartyKind.AUTHORITY})


def schema(*, with_rule: bool, with_parties: bool = True) -> object:
    """A service with one method, with or without a rule, as `protoc` would describe it."""
    file = descriptor_pb2.FileDescriptorProto(
        name=f"test/{with_rule}/{with_parties}.proto",
        package="test",
        syntax="proto3",
        dependency=["rogatory/v1/options.proto"],
    )
    file.message_type.add(name="Nothing")
    method = file.service.add(name="Service").method.add(
        name="Method", input_type=".test.Nothing", output_type=".test.Nothing"
    )
    if with_rule:
        rule = method.options.Extensions[options_pb2.authorisation]
        rule.object = options_pb2.OBJECT_RULE_NONE
        if with_parties:
            rule.parties.append(options_pb2.PARTY_KIND_AGENCY)
    pool = descriptor_pool.DescriptorPool()
    for dependency in ("google/protobuf/descriptor.proto", "rogatory/v1/options.proto"):
        known = descriptor_pb2.FileDescriptorProto()
        descriptor_pool.Default().FindFileByName(dependency).CopyToProto(known)
        pool.Add(known)
    pool.Add(file)
    return pool.FindFileByName(file.name)


def check(file: object) -> None:
    rules = rules_of(file)  # type: ignore[arg-type]  # a descriptor of another pool
    check_rules([name for name, _ in methods_of(file)], rules)  # type: ignore[arg-type]


def test_a_method_without_a_rule_refuses_to_start() -> None:
    with pytest.raises(StartupError, match=r"test\.Service/Method: AUTHORISATION_RULE"):
        check(schema(with_rule=False))


def test_a_rule_that_lets_nobody_in_refuses_to_start() -> None:
    with pytest.raises(StartupError, match="AUTHORISATION_RULE"):
        check(schema(with_rule=True, with_parties=False))


def test_every_method_of_the_schema_has_a_rule() -> None:
    methods = {name for name, _ in methods_of(services_pb2.DESCRIPTOR)}
    assert set(checked_rules()) == methods
    assert len(methods) >= 15


def test_only_who_may_ask_fetches_disclosures_and_fetching_leaves_an_entry() -> None:
    rule = checked_rules()["/rogatory.v1.TransferService/FetchParts"]
    assert rule == Rule(DISCLOSURE_READERS, ObjectRule.REQUEST_PARTY, True)


def test_no_rule_lets_the_operator_in() -> None:
    assert all(PartyKind.OPERATOR not in rule.parties for rule in checked_rules().values())


def test_health_is_the_only_service_that_needs_no_row() -> None:
    assert {method.split("/")[1] for method in OPEN_METHODS} == {"grpc.health.v1.Health"}


@pytest.mark.parametrize(("name", "allowed"), [("agency", True), ("provider", False), ("operator", False)])
def test_a_rule_lets_in_the_kinds_that_it_names_and_no_other(name: str, allowed: bool) -> None:  # noqa: FBT001
    rules = {"/a/B": Rule(DISCLOSURE_READERS, ObjectRule.NONE, False)}
    org = shared_realm().org(name)
    if allowed:
        authorise("/a/B", rules, org)
        return
    with pytest.raises(NotAuthorised) as caught:
        authorise("/a/B", rules, org)
    assert caught.value.code == errors.X_NOT_AUTHORISED


def test_a_method_that_nobody_knows_is_refused_to_everybody() -> None:
    with pytest.raises(NotAuthorised):
        authorise("/a/C", {}, shared_realm().org("agency"))
