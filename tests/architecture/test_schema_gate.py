# SPDX-License-Identifier: Apache-2.0
"""The wire schema can carry no free text in the clear, and the gate that says so can fail.

The shape of values is the codec's matter and not tested here.
"""

from __future__ import annotations

import uuid

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool

from rogatory.protocol import schema_gate
from rogatory.v1 import options_pb2

FIELD = descriptor_pb2.FieldDescriptorProto
# Key of the extension field rogatory.v1.clear (number 50601, varint) as it stands on the wire.
CLEAR_TAG = bytes.fromhex("c8da18")


def loaded(file: descriptor_pb2.FileDescriptorProto) -> list[str]:
    """What the gate says of a schema file, which gets a name of its own in the one pool that knows our options."""
    file.name = f"planted/{uuid.uuid4().hex}.proto"
    file.package = f"planted.p{uuid.uuid4().hex}"
    file.syntax = "proto3"
    pool = descriptor_pool.Default()
    pool.AddSerializedFile(file.SerializeToString())
    return [line for line in schema_gate.problems([pool.FindFileByName(file.name)]) if "planted" in line]


def planted(kind: FIELD.Type.ValueType, clear: int = 0, type_name: str = "") -> list[str]:
    """What the gate says of a schema of one message with one field."""
    file = descriptor_pb2.FileDescriptorProto(
        dependency=["rogatory/v1/options.proto", "rogatory/v1/sealed.proto"]
    )
    field = file.message_type.add(name="Clear").field.add(name="x", number=1, type_name=type_name or None)
    field.type = kind
    if clear:
        options = descriptor_pb2.FieldOptions()
        options.MergeFromString(CLEAR_TAG + bytes([clear]))
        field.options.CopyFrom(options)
    return loaded(file)


def test_no_clear_message_has_a_free_string() -> None:
    assert schema_gate.problems() == []


@pytest.mark.parametrize(
    ("kind", "clear"),
    [
        (FIELD.TYPE_STRING, 0),
        (FIELD.TYPE_STRING, options_pb2.CLEAR_ID),
        (FIELD.TYPE_BYTES, 0),
        (FIELD.TYPE_BYTES, options_pb2.CLEAR_CODE),
        (FIELD.TYPE_DOUBLE, 0),
        (FIELD.TYPE_FLOAT, 0),
    ],
)
def test_the_gate_refuses_a_field_that_could_hold_words_or_has_no_one_encoding(
    kind: FIELD.Type.ValueType, clear: int
) -> None:
    assert planted(kind, clear)


def test_the_gate_refuses_a_clear_message_that_refers_to_a_sealed_one() -> None:
    assert planted(FIELD.TYPE_MESSAGE, type_name=".rogatory.v1.Grounds")


def test_the_gate_accepts_what_says_what_it_holds() -> None:
    assert planted(FIELD.TYPE_STRING, options_pb2.CLEAR_CODE) == []
    assert planted(FIELD.TYPE_BYTES, options_pb2.CLEAR_DIGEST) == []


def test_a_method_without_an_authorisation_rule_is_found() -> None:
    file = descriptor_pb2.FileDescriptorProto()
    file.message_type.add(name="Nothing")
    file.service.add(name="OpenService").method.add(name="Call", input_type="Nothing", output_type="Nothing")
    assert any("OpenService.Call" in line for line in loaded(file))
