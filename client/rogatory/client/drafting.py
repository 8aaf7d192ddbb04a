# SPDX-License-Identifier: Apache-2.0
"""From a draft to the exact bytes of an ``issue``: identifiers committed, sections sealed, rules run, nothing sent.

The same pure rules as the exchange's and the judge's (``decide``, ``match``) run over a dry run, so a person learns at the
desk what would be refused later; ``linting`` lists all of it. ``prepare_issue`` needs no secret: sealing uses public keys only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from rogatory.client.addressbook import find_provider, find_unit
from rogatory.client.composing import Finding, Opened, Prepared, new_header, prepared
from rogatory.client.draft_checks import asked_of, parse
from rogatory.client.drafts import DraftRequest, DraftTask
from rogatory.client.exhibits import lifted
from rogatory.client.provider_catalogue import provider_catalogue
from rogatory.client.sealing.seal import seal_section
from rogatory.client.session import Session
from rogatory.client.views import RequestView
from rogatory.protocol import codec, errors
from rogatory.protocol.content import Grounds, Particulars
from rogatory.protocol.decision import Setting
from rogatory.protocol.directory import UnitRow
from rogatory.protocol.envelope import Verified
from rogatory.protocol.errors import Invalid, Refused, RogatoryError
from rogatory.protocol.header import (
    DAY_MS,
    Address,
    Fact,
    Header,
    SectionKind,
    SectionRef,
    StatementKind,
    Task,
    require,
)
from rogatory.protocol.identifiers import check_shared_address
from rogatory.protocol.lifecycle import decide
from rogatory.protocol.match import match
from rogatory.protocol.pack import Pack
from rogatory.protocol.pack.shape import LANGUAGE
from rogatory.protocol.sealed import identifier_commitment, section_context
from rogatory.protocol.state import RequestState, StateName
from rogatory.protocol.statements import Issue, RequestKind, Statement

# A warning: allowed, but worth a second look. The others are those of ``protocol.plausibility``.
GROUNDS_EMPTY = Finding("W_GROUNDS_EMPTY", "grounds.necessity", "GROUNDS", "WARNING")


async def up_to_date(session: Session, draft: DraftRequest) -> None:
    """Learn what has become of a request that was sent before, so that a draft can replace it after a return."""
    request_id = request_id_of(draft)
    if session.online and session.exchange.stored_view(request_id) is None:
        known = await session.exchange.list_requests()
        if any(tip.request_id == request_id for tip in known):
            await session.exchange.get_request(request_id, "STATUS")


def prepare_issue(session: Session, draft: DraftRequest) -> Prepared:
    """Return the ``issue`` of a draft: the same bytes are shown, signed and sent.

    Raises:
        RogatoryError: The first rule that the draft breaks; ``lint`` lists them all.
    """
    made = make_issue(session, draft)
    problems = tuple(problems_of(session, draft, made))
    blocking = next((item for item in problems if item.severity == "ERROR"), None)
    if blocking is not None:
        raise Refused(blocking.code, blocking.field, blocking.rule)
    opened = made.opened
    if opened is None:
        return made
    return replace(made, opened=replace(opened, problems=problems))


def finding_of(error: RogatoryError, severity: str = "ERROR") -> Finding:
    """Return an error as a finding."""
    return Finding(error.code, error.field, error.rule, severity)


def problems_of(session: Session, draft: DraftRequest, made: Prepared) -> Iterator[Finding]:
    """Yield what the judge's and the exchange's rules say to a dry run."""
    opened, pack = made.opened, _pinned(session, made.statement.header)
    cgnat = shares_addresses(session, made.statement.header.addressee)
    if opened is None:
        return
    for number, particulars in opened.particulars.items():
        try:
            match(made.statement.header, particulars, pack.identifiers)
            check_shared_address(
                pack.identifiers[particulars.identifier_type],
                declares_cgnat=cgnat,
                observed=len(particulars.observed),
                at=f"tasks[{number - 1}]",
            )
        except RogatoryError as error:
            yield finding_of(error)
    yield from asked_of(draft, session.clock.now_ms())
    if not accepts_language(session, made.statement.header):
        yield Finding(errors.X_LANGUAGE_NOT_ACCEPTED, "header.facts", "CATALOGUE.LANGUAGE", "ERROR")
    grounds = opened.grounds
    if grounds is None or not (grounds.necessity and grounds.proportionality):
        yield GROUNDS_EMPTY
    try:
        dry_run(session, made, pack)
    except RogatoryError as error:
        yield finding_of(error)


def shares_addresses(session: Session, provider: Address) -> bool:
    """Tell whether a provider declares that many customers share an address.

    Its own signed catalogue says so, or the profile's file does, which can only ask for more.
    """
    signed = session.exchange.catalogues.of(provider, session.clock.now_ms())
    return (signed is not None and signed.cgnat) or provider_catalogue(session.profile).entry(provider).cgnat


def accepts_language(session: Session, header: Header) -> bool:
    """Tell whether a provider takes the language that a request states; one that declares none, or is told none, takes any.

    Only the asking side looks: what a provider accepts may change while a request is on its way, and what is law may not.
    """
    signed = session.exchange.catalogues.of(header.addressee, session.clock.now_ms())
    stated = header.fact(LANGUAGE)
    if signed is None or not signed.languages or stated is None:
        return True
    return bool({code.lower() for code in stated.values} & set(signed.languages))


def dry_run(session: Session, made: Prepared, pack: Pack) -> RequestState:
    """Return the state that the rules make of a request that is neither signed nor sent; its digests are not known yet.

    Raises:
        Refused: As ``decide``.
    """
    state = made.view.state if made.view is not None else None
    row = session.row
    if made.statement.header.issuer.role not in row.roles:
        raise Refused(errors.X_ROLE_NOT_HELD, "header.issuer.role", "DIRECTORY.ROLES")
    verified = Verified(b"", made.statement, bytes(32), bytes(32), row)
    index = state.last_index + 1 if state is not None else 0
    return decide(state, verified, Setting(index, session.clock.now_ms(), session.directory, pack))


def make_issue(session: Session, draft: DraftRequest) -> Prepared:
    """Return the ``issue`` of a draft, whatever the rules will say to it.

    Raises:
        RogatoryError: A part of the draft that has no form in the bytes.
    """
    request_id = request_id_of(draft)
    require(draft.tasks, "draft.tasks", "PRESENT", errors.X_FIELD_MISSING)
    kind, pack = kind_of(draft), pack_of(session, draft)
    provider = find_provider(session, draft.provider, "draft.provider")
    authority = find_unit(session, draft.authority, "draft.authority") if draft.authority else None
    enforcing = find_unit(session, draft.enforcing, "draft.enforcing") if draft.enforcing else None
    reply = find_unit(session, draft.reply_to, "draft.reply_to") if draft.reply_to else _own(session)
    view = session.exchange.stored_view(request_id)
    particulars = {
        number: _particulars(session, number, task) for number, task in enumerate(draft.tasks, start=1)
    }
    bare = replace(
        new_header(session, StatementKind.ISSUE, request_id, provider.address, view),
        reply_to=reply.address,
        pack_digest=pack.digest,
        facts=facts_of(draft),
        tasks=tuple(_task(session, request_id, item) for item in particulars.values()),
    )
    supersedes = _supersedes(view)
    if supersedes:
        bare = replace(bare, about=supersedes)
    grounds = Grounds(**{name: getattr(draft.grounds, name) for name in Grounds.__dataclass_fields__})
    units = {"ASKING": reply, "AUTHORITY": authority, "PROVIDER": provider, "ENFORCING": enforcing}
    sealed = [_seal(session, bare, SectionKind.GROUNDS, 0, codec.encode(grounds), _readers(pack, units))]
    sealed += [
        _seal(
            session,
            bare,
            SectionKind.PARTICULARS,
            number,
            codec.encode(item),
            _readers(pack, units, "PARTICULARS"),
        )
        for number, item in particulars.items()
    ]
    sealed.sort(key=lambda pair: (int(pair[1].kind), pair[1].task, pair[1].object_digest))
    body = Issue(
        request_kind=kind,
        legal_type=pack.rules(kind).legal_type,
        authority=authority.address if authority is not None else None,
        supersedes=supersedes,
        preservation=_hex(draft.preservation, "draft.preservation") if draft.preservation else b"",
        enforcing=enforcing.address if enforcing is not None else None,
    )
    header = replace(bare, sections=tuple(ref for _, ref in sealed))
    opened = Opened(MappingProxyType(particulars), grounds, view=view)
    objects = tuple(data for data, _ in sealed)
    return prepared(Statement(header, body), view=view, objects=objects, opened=opened)


def _supersedes(view: RequestView | None) -> bytes:
    """The issue that an authority returned and that this one replaces."""
    if view is None:
        return b""
    if view.state.name is not StateName.RETURNED:
        raise Refused(errors.X_REPLAY, "draft.request_id", "REQUEST_ID_TAKEN")
    return view.state.issue_digest


def _own(session: Session) -> UnitRow:
    return session.directory.unit(session.me.address, "draft.reply_to")


def request_id_of(draft: DraftRequest) -> bytes:
    """Return a draft's request id."""
    return _hex(draft.request_id, "draft.request_id")


def _hex(text: str, at: str) -> bytes:
    try:
        value = bytes.fromhex(text)
    except ValueError as error:
        raise Invalid(errors.X_FIELD_INVALID, at, "HEX") from error
    require(len(value) == 16, at, "ID")
    return value


def kind_of(draft: DraftRequest) -> RequestKind:
    """Return a draft's kind."""
    require(draft.kind in RequestKind.__members__, "draft.kind", "VOCABULARY")
    return RequestKind[draft.kind]


def pack_of(session: Session, draft: DraftRequest) -> Pack:
    """Return the newest version in force of a draft's regime."""
    return session.exchange.scheme.pack_named(draft.pack_id, session.clock.now_ms())


def _pinned(session: Session, header: Header) -> Pack:
    return session.packs[header.pack_digest]


def facts_of(draft: DraftRequest) -> tuple[Fact, ...]:
    """Return a draft's facts as a header has them."""
    facts: Mapping[str, object] = draft.facts
    return tuple(
        Fact(code, tuple(sorted(set(draft.facts[code].values))), draft.facts[code].number)
        for code in sorted(facts)
    )


def _particulars(session: Session, number: int, task: DraftTask) -> Particulars:
    at = f"tasks[{number - 1}]"
    return Particulars(
        task=number,
        identifier_type=task.identifier_type,
        identifier=task.identifier.encode(),
        commitment_key=session.entropy.token(32),
        since=parse(task.since, f"{at}.since"),
        until=parse(task.until, f"{at}.until"),
        service=task.service,
        observed=tuple(parse(item, f"{at}.observed[{i}]") for i, item in enumerate(task.observed)),
        elements=tuple(sorted(set(task.elements))),
        purpose=task.purpose,
        words=task.words,
        exhibit=lifted(task, at),
    )


def _task(session: Session, request_id: bytes, particulars: Particulars) -> Task:
    commitment = identifier_commitment(
        particulars.commitment_key,
        session.profile.config.realm,
        request_id,
        particulars.task,
        particulars.identifier_type,
        particulars.identifier,
    )
    return Task(
        number=particulars.task,
        identifier_type=particulars.identifier_type,
        identifier_commitment=commitment,
        elements=particulars.elements,
        purpose=particulars.purpose,
        first_day=particulars.since.utc_ms // DAY_MS,
        last_day=particulars.until.utc_ms // DAY_MS,
    )


def _readers(pack: Pack, units: Mapping[str, UnitRow | None], section: str = "GROUNDS") -> list[UnitRow]:
    """Return the units that the law lets read a section, among those that the request names."""
    named = (units.get(audience) for audience in pack.readers(section))
    return list({unit.key_id: unit for unit in named if unit is not None and unit.sealing_key}.values())


def _seal(
    session: Session, header: Header, kind: SectionKind, task: int, message: bytes, readers: list[UnitRow]
) -> tuple[bytes, SectionRef]:
    keys = {unit.key_id: unit.sealing_key for unit in readers}
    return seal_section(message, section_context(header, kind, task, keys), keys, session.entropy)
