# SPDX-License-Identifier: Apache-2.0
"""The table of what an operator learns: one row for each field that the exchange is given, with what the field tells.

Which fields there are comes from the wire schema, so that a new field without a sentence fails a test. Run
``python -m tests.support.operator_learns`` to put the table into docs/threat-model.md. The prose around it is not made here.
"""

from __future__ import annotations

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from rogatory.protocol.schema_gate import is_sealed
from rogatory.v1 import options_pb2, services_pb2, statement_pb2
from tests.support.project import ROOT

PAGE = ROOT / "docs" / "threat-model.md"
BEGIN, END = "<!-- learns: begin -->\n", "<!-- learns: end -->\n"
_ID = "which object it is about; a random id"
_COUNT = "how much the caller asks for"
_WHY = "why the caller says it reads"
_SIZE = "a length in padded steps, which bounds how much there is"
_BLIND = "nothing: a digest under a key, or of ciphertext, that only the ends have"
_STEP = "nothing but which other field it holds"

WORDS = {
    "Envelope": {
        "payload": _STEP,
        "payload_type": "what kind of statement it is",
        "key_id": "which enrolled device signed",
        "sig": "that this device did sign",
    },
    "Statement": {},
    "Header": {
        "realm": "which realm, training or real",
        "statement_id": "when it was drafted, to the millisecond (UUIDv7), and that it was not seen before",
        "request_id": "which request it belongs to, and when that was begun",
        "kind": "what kind of statement it is",
        "about": "which statement it answers",
        "seen": _STEP,
        "issuer": _STEP,
        "addressee": _STEP,
        "reply_to": _STEP,
        "issued_at_ms": "when the signer's clock says that it was signed",
        "expires_at_ms": "until when it may be sent",
        "pack_digest": "under which law",
        "facts": _STEP,
        "tasks": "how many identifiers are asked about",
        "sections": "how many sealed sections there are",
    },
    "Seen": {
        "log_size": "how far behind the signer's view of the log is",
        "log_root": "that the signer was shown this log",
        "directory_index": "which directory the signer works with",
        "request_position": "whether the signer knew the newest state",
        "feed_digest": "how far the signer's party has listened",
        "request_digest": "that the signer worked from a file, and up to which statement",
    },
    "Issuer": {
        "org": "which organisation acts",
        "unit": "which of its units",
        "subject": "that it is the same person as before; not who",
        "role": "in which role",
        "key_id": "with which of the person's devices",
    },
    "Address": {
        "org": "which organisation is addressed, is to validate, or gets the answer",
        "unit": "which of its units",
    },
    "Fact": {
        "code": "which coded fact of the case is stated",
        "values": "the fact's coded values: kind of offence, role of the person, emergency, where they live",
        "number": "a number such as the maximum penalty in months",
    },
    "Task": {
        "number": "its place in the request",
        "identifier_type": "whether it is a telephone number, an account, an address",
        "identifier_commitment": _BLIND,
        "elements": "which kinds of data are asked for",
        "purpose": "to identify somebody, or as evidence",
        "first_day": "from which day on",
        "last_day": "to which day",
    },
    "SectionRef": {
        "kind": "whether it holds particulars, grounds or a note",
        "task": "for which task",
        "object_digest": _BLIND,
        "object_length": f"{_SIZE}: steps of 1,024 bytes",
        "key_commitment": _BLIND,
        "plaintext_commitment": _BLIND,
        "recipients": "which units can open it",
    },
    "Issue": {
        "request_kind": "preservation or disclosure",
        "legal_type": "which instrument of the law",
        "authority": "which court or prosecutor's unit is asked",
        "supersedes": "which returned request it corrects",
        "preservation": "which preservation came before",
        "enforcing": "which authority of the provider's State is told",
    },
    "GrantedTask": {
        "number": "which task was granted",
        "elements": "what was granted of it",
        "first_day": "from which day on",
        "last_day": "to which day",
    },
    "Validate": {
        "decision": "granted, narrowed, returned, refused",
        "code": "the coded reason",
        "granted": "which tasks were granted, and so which fell away",
        "opened": "that the authority opened the sections",
    },
    "Delivered": {},
    "Receive": {
        "checked": "which rules the provider says it checked",
        "opened": "that the provider opened the particulars",
    },
    "TaskOutcome": {
        "number": "which task",
        "outcome": "delivered, frozen, no such record, not held, no longer held, refused: whether there was something",
    },
    "Preserve": {"outcomes": _STEP, "until_ms": "until when it is frozen"},
    "Refuse": {
        "code": "the coded reason for not complying",
        "tasks": "for which tasks",
        "conditional": "whether the data may be used under conditions instead",
    },
    "KeyWrap": {"key_id": "which unit can open the answer", "wrap": "nothing: a sealed key"},
    "Disclose": {
        "disclosure_id": _ID,
        "context_digest": _BLIND,
        "wraps": "how many units can open the answer",
        "body_length": f"{_SIZE} of the answer: at most 12 % above the truth",
        "part_size": "nothing: it is always the same",
        "part_root": _BLIND,
        "key_commitment": _BLIND,
        "plaintext_commitment": _BLIND,
        "fits_scope": "whether the provider says that the answer keeps to the grant",
        "outcomes": _STEP,
    },
    "Acknowledge": {"scope_report": "whether more came than was granted"},
    "ReportExcess": {"tasks": "for which tasks too much came", "grade": "how grave that is"},
    "Withdraw": {"code": "the coded reason for taking it back"},
    "Second": {},
    "ConfirmOriginChallenge": {},
    "ConfirmOrigin": {"confirmed": "whether the asking party says that it did send it"},
    "Release": {},
    "ClarifyRequest": {"code": "what is unclear, as a code", "tasks": "for which tasks"},
    "Clarify": {},
    "Rescind": {"code": "the coded reason of the authority for taking its word back"},
    "Annul": {"code": "the court's coded reason"},
    "PageAck": {},
    "ProposeNarrowing": {"granted": "which smaller scope the provider would answer"},
    "Amend": {"granted": "which scope is asked for from now on"},
    "Object": {"code": "what is objected, as a code", "bases": "the coded reasons"},
    "Maintain": {},
    "NewDeadline": {"due_ms": "until when the answer is wanted"},
    "Notify": {},
    "NoGrounds": {},
    "Rewrap": {
        "object_digest": _BLIND,
        "audience": "whether the defence, a court or another listed audience gets a copy",
        "wrap": "nothing: a sealed key",
    },
    "Error": {
        "grade": "how grave an error was",
        "party": "whose error it was",
        "cause": "its coded cause",
        "tasks": "for which tasks",
    },
    "AttestDeletion": {"done": "whether data were deleted or restricted"},
    "Extend": {"until_ms": "until when it is frozen now"},
    "Hold": {"production": "which later request the data are held for"},
    "End": {},
    "DeferNotice": {
        "ground": "the coded ground for not telling the person yet",
        "review_day": "when that is looked at again",
    },
    "NotifySubject": {"decision": "whether the person was told"},
    "ExtendSeal": {"ground": "the coded ground", "until_day": "until when entries stay sealed"},
    "ClaimCost": {"amount": "what the answer cost", "currency": "in which currency"},
    "SettleCost": {"decision": "whether that is paid"},
    "TransmitOutside": {
        "sent_at_ms": "when something went another way",
        "length": "how long it was",
        "digest": "nothing without the file",
    },
    "Erase": {"ground": "why it must forget, as a code"},
    "Clock": dict.fromkeys(("obligation", "trigger", "rule", "due_ms"), "its own word"),
    "Reject": dict.fromkeys(("rejected", "code", "rule", "field", "count"), "its own word"),
    "Heartbeat": dict.fromkeys(("org", "position", "feed_digest"), "its own word"),
    "SubmitRequest": {"envelopes": "how many statements come at once"},
    "GetRequestRequest": {"request_id": _ID, "purpose": _WHY},
    "ListRequestsRequest": {"from_index": "how far the caller has read", "limit": _COUNT},
    "WatchRequest": {"from_index": "how far the caller has listened"},
    "PutSealedRequest": {"request_id": _ID, "object": f"nothing inside; {_SIZE}"},
    "FetchSealedRequest": {"request_id": _ID, "object_digests": "which sections are opened", "purpose": _WHY},
    "PartStart": {
        "request_id": _ID,
        "disclosure_id": _ID,
        "part": "which part of an answer is sent",
        "offset": "where a broken upload goes on",
        "length": "the part's length",
        "leaf": _BLIND,
    },
    "PutPartsRequest": {"start": _STEP, "data": "nothing inside: ciphertext"},
    "GetPartsRequest": {"request_id": _ID, "disclosure_id": _ID},
    "FetchPartsRequest": {
        "request_id": _ID,
        "disclosure_id": "which answer is fetched",
        "offset": "where a broken download goes on",
        "purpose": _WHY,
    },
    "GetCheckpointRequest": {"old_size": "which head of the log the caller holds"},
    "GetTlogProofRequest": {"index": "which entry interests the caller"},
    "ListEntriesRequest": {"start": "which entries interest the caller", "limit": _COUNT},
    "OpenEntriesRequest": {"start": "which entries interest the caller", "limit": _COUNT, "purpose": _WHY},
    "GetDirectoryRequest": {},
    "GetPacksRequest": {},
    "ListProvidersRequest": {},
    "PublishRequest": {"quorum": "which law or which provider's catalogue is published; it is public"},
}


def given() -> dict[str, list[FieldDescriptor]]:
    """The messages that the exchange is given by others, with their fields; bodies of a statement stand for themselves."""
    requests = services_pb2.DESCRIPTOR.message_types_by_name
    messages: list[Descriptor] = [
        *statement_pb2.DESCRIPTOR.message_types_by_name.values(),
        *(m for name, m in requests.items() if name.endswith("Request") or name == "PartStart"),
    ]
    return {m.name: [f for f in m.fields if m.name != "Statement"] for m in messages if not is_sealed(m)}


def block() -> str:
    """The table between the markers."""
    lines = ["| field | holds | the operator learns |", "|---|---|---|"]
    for message, fields in given().items():
        lines += [
            f"| `{message}.{field.name}` | {_holds(field)} | {WORDS[message][field.name]} |"
            for field in fields
        ]
    return "\n".join([*lines, ""])


def _holds(field: FieldDescriptor) -> str:
    clear = field.GetOptions().Extensions[options_pb2.clear]
    if clear:
        return options_pb2.Clear.Name(clear).removeprefix("CLEAR_").lower()
    if field.message_type is not None:
        return field.message_type.name
    return (
        "code" if field.enum_type is not None else "yes or no" if field.type == field.TYPE_BOOL else "number"
    )


def main() -> None:
    """Put the table into the page."""
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(before + BEGIN + block() + END + after, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
