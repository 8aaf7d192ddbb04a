# SPDX-License-Identifier: Apache-2.0
"""One more reader for a sealed object: its data key wrapped once more, for a unit of the directory, by who can open it.

For the defence or a court, as the pack lists. The wrap travels in a signed and logged statement; the object itself stays as it
is, and how it comes to a reader who is no party (a bundle, a disk) is not arranged here. What was given cannot be taken back.
"""

from __future__ import annotations

from rogatory.client.addressbook import find_unit
from rogatory.client.agency import manifest_context
from rogatory.client.composing import Prepared
from rogatory.client.requests import section_objects, section_places
from rogatory.client.sealing.unseal import open_section
from rogatory.client.sealing.xwing import wrap_all
from rogatory.client.session import Session
from rogatory.client.speaking import look, order_of, other_side, say
from rogatory.client.views import RequestView
from rogatory.protocol import errors
from rogatory.protocol.directory import UnitRow
from rogatory.protocol.duties import Rewrap
from rogatory.protocol.errors import Refused
from rogatory.protocol.header import SectionRef
from rogatory.protocol.sealed import check_object, context_digest, section_context
from rogatory.protocol.statements import KeyWrap


async def prepare_rewrap(
    session: Session, request_id: bytes, audience: str, reader: str, *, task: int = 0, grounds: bool = False
) -> Prepared:
    """Prepare one more reader for a disclosure, or for a section of the request.

    Args:
        session: Of a holder, with unlocked keys.
        request_id: The request; it may have ended.
        audience: Of the pack's list, such as ``DEFENCE``.
        reader: The unit that shall read it: ids in hex, or a name of the profile's book.
        task: The particulars of this task; with neither this nor ``grounds``, the last disclosure.
        grounds: The grounds.

    Raises:
        Refused: The pack does not list the audience, there is no such object, or ``reader`` names no one unit with a key.
        NotAuthorised: ``X_FIELD_NOT_FOR_RECIPIENT``: it is not sealed to this unit.
        NotVerified: It does not open.
    """
    unit = find_unit(session, reader, "reader")
    if not unit.sealing_key:
        raise Refused(errors.X_ADDRESSEE_NOT_DESIGNATED, "reader", "SEALING_KEY")
    view = await look(session, request_id)
    if task or grounds:
        ref = view.state.grounds() if grounds else view.state.particulars(task)
        if ref is None:
            raise Refused(errors.X_NOT_FOUND, "body.object_digest", "OBJECT_OF_REQUEST")
        body = Rewrap(ref.object_digest, audience, await _section(session, view, ref, unit))
    else:
        body = _disclosure(session, view, audience, unit)
    return say(session, view, body, other_side(session, view.state), order_of(view.state))


async def _section(session: Session, view: RequestView, ref: SectionRef, unit: UnitRow) -> KeyWrap:
    objects = await section_objects(session, view, [ref], "PROCESSING")
    ((_ref, header, _digest),) = section_places(view, [ref])
    context = section_context(header, ref.kind, ref.task, ref.recipients)
    data = objects[ref.object_digest]
    open_section(data, ref, context, session.unit_keys)  # what does not open is handed on to nobody
    digest = context_digest(context)
    key = session.unit_keys.unwrap(check_object(data, ref).wraps, digest, "section", "SECTION.CONTEXT")
    return _wrapped(key, digest, unit)


def _disclosure(session: Session, view: RequestView, audience: str, unit: UnitRow) -> Rewrap:
    """The manifest's own wraps hold the key, so the body need not be here."""
    if not view.state.disclosures:
        raise Refused(errors.X_NOT_FOUND, "body.object_digest", "OBJECT_OF_REQUEST")
    manifest = view.statement(view.state.disclosures[-1].manifest)
    body, context = manifest_context(session, view, manifest)
    digest = context_digest(context)
    key = session.unit_keys.unwrap(body.wraps, digest, "disclosure", "DISCLOSURE.WRAP")
    return Rewrap(manifest.digest, audience, _wrapped(key, digest, unit))


def _wrapped(data_key: bytes, digest: bytes, unit: UnitRow) -> KeyWrap:
    (wrap,) = wrap_all(data_key, digest, {unit.key_id: unit.sealing_key}, (unit.key_id,))
    return wrap
