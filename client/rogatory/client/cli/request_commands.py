# SPDX-License-Identifier: Apache-2.0
"""`rogatory request`: what an investigator does before and with a request. Answers are in `answer_commands`.

A draft is made and checked without signing; `send` shows the exact bytes, asks, signs and sends. Law and cryptography
stand elsewhere.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from rogatory.client.cli.command import call, command, group
from rogatory.client.cli.draft_input import draft_of, facts_of, instant_of, load_json
from rogatory.client.cli.emergency import new_divided, send_together
from rogatory.client.cli.exits import Exit
from rogatory.client.cli.form import filled, incomplete
from rogatory.client.cli.references import pick
from rogatory.client.cli.render.draft import draft_tree, findings_tree
from rogatory.client.cli.render.state import sent_tree
from rogatory.client.cli.render.tree import Section
from rogatory.client.cli.results import (
    DraftResult,
    FindingResult,
    LintResult,
    PreviewResult,
    SentResult,
    findings,
)
from rogatory.client.cli.session import Run, UsageError
from rogatory.client.cli.signing import ask_and_send, picture_under_law, questions_of
from rogatory.client.cli.stated import Stated, begun_draft, begun_tasks
from rogatory.client.cli.typed import Given, ask_about
from rogatory.client.cli.waiting import discard_waiting, send_waiting
from rogatory.client.composing import Prepared
from rogatory.client.drafting import prepare_issue, up_to_date
from rogatory.client.drafts import (
    DraftGrounds,
    DraftRequest,
    draft_to_json,
    list_drafts,
    load_draft,
    new_draft,
    save_draft,
)
from rogatory.client.linting import lint
from rogatory.client.profile import Profile
from rogatory.client.scheme import Scheme
from rogatory.client.session import Session
from rogatory.client.templates import blank_draft, load_template
from rogatory.protocol.ids import SystemClock, SystemEntropy

app = group("request", "Ask for data, follow a request, take in the answer.")
DRAFT = Annotated[str, typer.Argument(metavar="DRAFT", help="Id of the draft, or six digits of it.")]
ERROR = "ERROR"
DISCLOSURE = "DISCLOSURE"


@command(app, "new", prefix="request", signs=True)
def new(
    run: Run,
    from_json: Annotated[str, typer.Option("--from-json", metavar="-|FILE", help="A draft as JSON.")] = "",
    template: Annotated[str, typer.Option(metavar="NAME", help="Begin with a template of yours.")] = "",
    kind: Annotated[str, typer.Option(metavar="DISCLOSURE|PRESERVATION")] = "",
    pack: Annotated[str, typer.Option(metavar="PACK", help="Regime, such as eu.e-evidence.2023-1543.")] = "",
    to: Annotated[str, typer.Option(metavar="PROVIDER", help="Name in your book, or id.")] = "",
    authority: Annotated[str, typer.Option(metavar="AUTHORITY", help="Who is asked to validate.")] = "",
    enforcing: Annotated[
        str, typer.Option(metavar="AUTHORITY", help="Who is to be told, where the law wants that.")
    ] = "",
    identifier_type: Annotated[
        str, typer.Option("--type", metavar="TYPE", help="Such as msisdn, email.")
    ] = "",
    identifier: Annotated[
        str, typer.Option(metavar="VALUE", help="One value; seen in your shell's history.")
    ] = "",
    identifier_again: Annotated[str, typer.Option(metavar="VALUE", help="Typed a second time.")] = "",
    identifier_file: Annotated[str, typer.Option(metavar="-|FILE", help="A file that holds the value.")] = "",
    from_exhibit: Annotated[
        str,
        typer.Option(metavar="FILE#PLACE", help="Where it stands in an exhibit, such as log.txt#line:12."),
    ] = "",
    element: Annotated[
        list[str] | None, typer.Option(metavar="ELEMENT", help="Data element; repeat.")
    ] = None,
    purpose: Annotated[str, typer.Option(metavar="EVIDENCE|IDENTIFY", help="EVIDENCE unless given.")] = "",
    since: Annotated[str, typer.Option(metavar="TIME", help="Begin of the window, with an offset.")] = "",
    until: Annotated[str, typer.Option(metavar="TIME", help="End of the window, included.")] = "",
    zone: Annotated[str, typer.Option(metavar="ZONE", help="Zone of times without an offset.")] = "",
    observed: Annotated[
        list[str] | None, typer.Option(metavar="TIME", help="When it was seen; repeat.")
    ] = None,
    incident: Annotated[str, typer.Option(metavar="TIME", help="When it happened; stays in the draft.")] = "",
    service: Annotated[str, typer.Option(metavar="TEXT", help="Which service of the provider.")] = "",
    words: Annotated[str, typer.Option(metavar="TEXT", help="Words for the provider (sealed).")] = "",
    fact: Annotated[list[str] | None, typer.Option(metavar="CODE=VALUE", help="Coded fact; repeat.")] = None,
    case: Annotated[str, typer.Option(metavar="TEXT", help="Case number (sealed).")] = "",
    offence: Annotated[str, typer.Option(metavar="TEXT", help="Offence (sealed).")] = "",
    necessity: Annotated[str, typer.Option(metavar="TEXT", help="Why it is necessary (sealed).")] = "",
    proportionality: Annotated[
        str, typer.Option(metavar="TEXT", help="Why it is proportionate (sealed).")
    ] = "",
    summary: Annotated[str, typer.Option(metavar="TEXT", help="The case in short (sealed).")] = "",
    emergency_reasons: Annotated[
        str, typer.Option(metavar="TEXT", help="Why it is an emergency (sealed).")
    ] = "",
    emergency: Annotated[
        bool, typer.Option("--emergency", help="Divide it: freeze, ask now, ask the duty judge.")
    ] = False,
    duty_judge: Annotated[
        str,
        typer.Option(metavar="AUTHORITY", help="Who is asked first where that must be; with --emergency."),
    ] = "",
) -> Exit | None:
    r"""Write a draft into your profile. Nothing is signed or sent, and nobody else sees it.

    On a terminal, what the options and the template leave open is asked, one thing at a time, with the choices of the law.
    One task comes from the options; several come from the form or as JSON. See the JSON form with: rogatory request preview DRAFT --json
    What is more often a slip than meant (a year or an hour off, an end in the future) is asked; --yes answers yes. A
    typed identifier without a check digit is typed twice. A place in an exhibit is line:N, json:/pointer, csv:ROW,COLUMN
    or header:NAME; digest and place travel sealed with the request.

    With --emergency one wish becomes several drafts, as the pack divides it: preservation of everything now, what the law
    lets you ask now (validated afterwards, within the pack's time), and what a judge must see first. `send --together`
    shows all of them once and signs each.

    Examples:
      rogatory request new --kind PRESERVATION --pack eu.e-evidence.2023-1543 --to "Example Access (invented)" \
        --authority "Court and prosecutor of Northland (invented)" --type account_id --identifier-file id.txt \
        --element mailbox --since 2026-11-01T00:00:00Z --until 2026-11-07T23:59:59Z \
        --fact controller=CONTROLLER --fact person.role=SUSPECT --case 24-118 --necessity "..." --proportionality "..."
      rogatory request new --type ip_port_time --from-exhibit access.log#line:12 --incident 2026-11-02T08:15:00 \
        --zone Europe/Vienna ...
      rogatory request new
      rogatory request new --template login-addresses --identifier-file id.txt
      rogatory request new --from-json draft.json
      rogatory request preview 0199ab --json | rogatory request new --from-json -
      rogatory request new --emergency --fact emergency=LIFE --fact emergency.reason=CHILD_AT_RISK \
        --duty-judge "Court and prosecutor of Northland (invented)" ...
    """
    if duty_judge and not emergency:
        raise UsageError("A duty judge is named together with --emergency.", "--duty-judge", "WITH")
    if from_json:
        draft = draft_of(load_json(from_json, run.stdin, "--from-json"))
    else:
        begun = blank_draft(load_template(run.profile(), template)) if template else None
        given = Given(identifier, identifier_file, from_exhibit, identifier_again)
        stated = Stated(
            identifier_type,
            given,
            tuple(sorted(set(element or ()))),
            purpose,
            since,
            until,
            zone,
            service,
            words,
        )
        moments = tuple(instant_of(text, zone, "--observed") for text in observed or ())
        tasks = begun_tasks(run, begun.tasks if begun is not None else (), stated, moments)
        parties = (kind.upper() or (DISCLOSURE if emergency else ""), pack, to, authority, enforcing)
        draft = begun_draft(begun, parties, tasks)
        draft = replace(
            draft,
            facts={**draft.facts, **facts_of(fact or ())},
            grounds=DraftGrounds(case, offence, necessity, proportionality, summary, emergency_reasons),
            incident=instant_of(incident, zone, "--incident") if incident else None,
        )
        if run.stdin.isatty() and incomplete(draft):
            draft = filled(run, run.profile(), call(run, _scheme, fallback=True, flush=False), draft)
        draft = draft_of(draft_to_json(draft))  # the same checks as for JSON
    profile = run.profile()
    ask_about(run, draft)
    if emergency:
        return new_divided(run, draft, duty_judge)
    draft = new_draft(draft, SystemClock(), SystemEntropy())
    result = DraftResult(save_draft(profile, draft), draft)
    run.output.result(run.command, result, draft_tree(draft))
    run.output.say(f"Next: rogatory request lint {result.request_id}")
    return None


@command(app, "lint", prefix="request")
def lint_command(
    run: Run,
    draft: Annotated[
        str, typer.Argument(metavar="DRAFT", help="Id of the draft; not with --from-json.")
    ] = "",
    from_json: Annotated[str, typer.Option("--from-json", metavar="-|FILE", help="A draft as JSON.")] = "",
) -> Exit | None:
    """Say everything that the rules have against a draft, at once, each with its legal basis and how it is put right.

    Nothing is sent. Ends with 4 if it would be refused. --from-json looks at a draft that is not in the profile, and keeps
    nothing of it.

    Examples:
      rogatory request lint 0199ab
      rogatory request lint --from-json draft.json
      rogatory request preview 0199ab --json | rogatory request lint --from-json -
    """
    if bool(draft) == bool(from_json):
        raise UsageError("Name a draft or use --from-json; one of them.", "DRAFT", "ONE_OF")
    if from_json:
        stated = draft_of(load_json(from_json, run.stdin, "--from-json"))
        loaded = new_draft(stated, SystemClock(), SystemEntropy())
    else:
        loaded = loaded_draft(run.profile(), draft)

    async def work(session: Session) -> tuple[FindingResult, ...]:
        return findings(lint(session, loaded))

    result = LintResult(loaded.request_id, call(run, work, fallback=True))
    code = Exit.REFUSED if any(item.severity == ERROR for item in result.findings) else Exit.OK
    run.output.outcome(run.command, code, result, findings_tree(result))
    return code


@command(app, "preview", prefix="request")
def preview(run: Run, draft: DRAFT) -> Exit | None:
    """Show the exact bytes that a signature would cover, as a picture, with what would be sealed in clear.

    Sealing takes fresh randomness, so the bytes differ from those that `send` shows; what they say does not.

    Examples:
      rogatory request preview 0199ab
      rogatory request preview 0199ab --json > draft.json
    """
    loaded = loaded_draft(run.profile(), draft)

    async def work(session: Session) -> tuple[Prepared, Section]:
        prepared = prepare_issue(session, loaded)
        return prepared, picture_under_law(session, prepared)

    prepared, tree = call(run, work, fallback=True)
    run.output.result(run.command, PreviewResult(loaded.request_id, loaded, prepared.payload), tree)
    return None


@command(app, "send", prefix="request", signs=True)
def send(
    run: Run,
    draft: Annotated[str, typer.Argument(metavar="DRAFT", help="Id of the draft; not with --waiting.")] = "",
    waiting: Annotated[
        bool, typer.Option("--waiting", help="Send what waits in the outbox, and show what stays and why.")
    ] = False,
    give_up: Annotated[
        int, typer.Option("--discard", metavar="N", help="Give up what waits under this number.")
    ] = 0,
    together: Annotated[
        bool, typer.Option("--together", help="With all that was drafted together with it in an emergency.")
    ] = False,
) -> Exit | None:
    """Show a request, ask, sign it, seal it, send it. Without a network it waits in the outbox, shown as not sent.

    Every command that reaches the exchange first sends what waits. --waiting does only that and shows each statement:
    ends with 4 if one was refused, 5 if one waits still. --discard takes one out unsent, after asking; its bytes are kept.
    A request marked emergency needs the word "emergency" typed in full; --yes is not accepted then. --together shows what
    `new --emergency` has divided once, asks once, and signs each request by itself; what is refused does not keep the others.

    Examples:
      rogatory request send 0199ab
      rogatory request send 0199ab --together
      rogatory request send --waiting
      rogatory request send --discard 3
    """
    if [bool(draft), waiting, bool(give_up)].count(True) != 1:
        raise UsageError("Name a draft, or use --waiting or --discard; one of them.", "DRAFT", "ONE_OF")
    if waiting:
        return send_waiting(run)
    if give_up:
        return discard_waiting(run, give_up)
    loaded = loaded_draft(run.profile(), draft)
    if together:
        return send_together(run, loaded)

    async def work(session: Session) -> SentResult:
        await up_to_date(session, loaded)
        prepared = prepare_issue(session, loaded)
        return await ask_and_send(run, session, prepared, also=questions_of(prepared))

    result = call(run, work, secrets=True, fallback=True)
    run.output.result(run.command, result, sent_tree(result))
    return None


async def _scheme(session: Session) -> Scheme:
    return session.exchange.scheme


def loaded_draft(profile: Profile, text: str) -> DraftRequest:
    """Return the draft that an id, or the beginning of one, names."""
    return load_draft(profile, pick(text, list_drafts(profile), "DRAFT"))
