# SPDX-License-Identifier: Apache-2.0
"""`rogatory directory`: what the realm holds of law. Packs of the profile's realm, packs that ship, and files of one's own.

What a pack means and whether it loads is `rogatory.protocol.pack`'s matter; here it becomes words. Nothing is fetched: a
realm's packs are those that the profile has verified last.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from rogatory.client import keyfile, law_office
from rogatory.client.cli.command import call, command, group
from rogatory.client.cli.exits import Exit
from rogatory.client.cli.render.law import (
    pack_lint_tree,
    pack_published_tree,
    pack_replay_tree,
    pack_signed_tree,
    pack_tree,
    packs_tree,
)
from rogatory.client.cli.results_law import (
    ExampleResult,
    PackFinding,
    PackLintResult,
    PackPublishedResult,
    PackReplayResult,
    PackResult,
    PackSignedResult,
    PacksResult,
    PackSummary,
    RuleResult,
    TriedResult,
)
from rogatory.client.cli.scope_options import day_of
from rogatory.client.cli.session import Run, check_named, read_file
from rogatory.client.pack_library import shipped_packs
from rogatory.client.requests import standing
from rogatory.client.sealing.files import staged
from rogatory.client.session import Session
from rogatory.client.trusted_state import TrustedState
from rogatory.protocol import errors
from rogatory.protocol.errors import Refused
from rogatory.protocol.header import DAY_MS
from rogatory.protocol.pack import Pack, lint_pack, load_pack
from rogatory.protocol.pack.examples import outcome
from rogatory.protocol.pack.shape import GRANTED

app = group("directory", "Law and keys of the realm, as far as this profile has verified them.")
MAX_DAY: Final = 1 << 31
pack_app = group("pack", "One regime pack: the realm's, a shipped one, or a file.")
app.add_typer(pack_app)

SHIPPED = Annotated[
    bool, typer.Option("--shipped", help="Of the packs that ship with this program, signed by nobody.")
]


@command(app, "packs", prefix="directory")
def packs(run: Run, shipped: SHIPPED = False) -> Exit | None:
    """List the regime packs of the realm, or those that ship.

    Examples:
      rogatory directory packs
      rogatory directory packs --shipped --json
    """
    found = _shipped() if shipped else _of_realm(run)
    result = PacksResult(tuple(_summary(pack) for pack in found))
    run.output.result(run.command, result, packs_tree(result, shipped=shipped))
    return None


@command(pack_app, "show", prefix="directory pack")
def show(
    run: Run,
    name: Annotated[str, typer.Argument(metavar="PACK|FILE", help="Id, id with version, or a file.")],
    shipped: SHIPPED = False,
) -> Exit | None:
    """Show a pack: terms, rules with their legal basis, examples with what becomes of them, and what is not confirmed.

    Examples:
      rogatory directory pack show eu.e-evidence.2023-1543
      rogatory directory pack show us.sca.2703f --shipped
      rogatory directory pack show ./draft.yaml
    """
    path = Path(name)
    if path.suffix in {".yaml", ".yml"}:
        pack = load_pack(read_file(path, "PACK|FILE"))
    else:
        pack = _named(_shipped() if shipped else _of_realm(run), name)
    result = _result(pack)
    run.output.result(run.command, result, pack_tree(result))
    return None


@command(pack_app, "lint", prefix="directory pack")
def lint(
    run: Run,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Pack files, YAML.")],
) -> Exit | None:
    """Say everything that is wrong with pack files, each with file, line and rule; examples are run too.

    Ends with 0 where every file would load, else with 4.

    Examples:
      rogatory directory pack lint draft.yaml
      rogatory directory pack lint packs/*.yaml --json
    """
    found: list[PackFinding] = []
    with run.output.progress("reading packs", entries=True) as report:
        for i, path in enumerate(files, 1):
            data = read_file(path, "FILE...")
            found += [PackFinding(str(path), f.line, f.path, f.rule, f.code) for f in lint_pack(data)]
            report(i, len(files))
    result = PackLintResult(len(files), tuple(found))
    code = Exit.REFUSED if found else Exit.OK
    run.output.outcome(run.command, code, result, pack_lint_tree(result))
    return code


KEY = Annotated[Path, typer.Option("--key", metavar="FILE", help="Key file of the scheme's office, locked.")]
OUTPUT = Annotated[
    Path, typer.Option("--output", "-o", metavar="FILE", help="Quorum file; one that exists is added to.")
]


@command(pack_app, "sign", prefix="directory pack")
def sign(
    run: Run,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Pack file, YAML.")],
    key: KEY,
    output: OUTPUT,
) -> Exit | None:
    """Sign a pack file with a key of the scheme. What does not load is not signed.

    Examples:
      rogatory directory pack sign draft.yaml --key office/pack.key -o draft.quorum
    """
    signed = law_office.sign_pack(read_file(file, "FILE"), _seed(run, key), _before(output))
    _written(run, signed, output)
    return None


@command(pack_app, "recall", prefix="directory pack")
def recall(
    run: Run,
    name: Annotated[str, typer.Argument(metavar="PACK", help="Id, or id with version, of the realm.")],
    key: KEY,
    output: OUTPUT,
    reason: Annotated[str, typer.Option(metavar="CODE", help="Why, such as ERROR_IN_LAW.")],
) -> Exit | None:
    """Sign the recall of a pack: no new request under it, and those in flight rest.

    Examples:
      rogatory directory pack recall eu.e-evidence.2023-1543.v2 --reason ERROR_IN_LAW --key office/pack.key -o recall.quorum
    """
    pack = _named(_of_realm(run), name)
    signed = law_office.sign_recall(pack, reason, _seed(run, key), _before(output))
    _written(run, signed, output)
    return None


@command(pack_app, "publish", prefix="directory pack")
def publish(
    run: Run,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Quorum file, signed by enough keys.")],
) -> Exit | None:
    """Bring a signed pack or recall to the exchange; it is logged, and in force from then on.

    Examples:
      rogatory directory pack publish draft.quorum
    """
    data = read_file(file, "FILE")

    async def work(session: Session) -> PackPublishedResult:
        done = await law_office.publish(session, data)
        await session.exchange.sync()
        return PackPublishedResult(done.kind.name, done.index)

    result = call(run, work)
    run.output.result(run.command, result, pack_published_tree(result))
    return None


@command(pack_app, "replay", prefix="directory pack")
def replay(
    run: Run,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Pack file, YAML: a draft.")],
    since: Annotated[str, typer.Option(metavar="DAY", help="Only requests of this day and later, UTC.")] = "",
    until: Annotated[str, typer.Option(metavar="DAY", help="Only requests up to this day, included.")] = "",
) -> Exit | None:
    """Judge the requests that you see by a draft of law. Opens nothing and changes nothing; each request read leaves an entry.

    A request counts for the day on which it was accepted; what it was then asked for is judged, not what became of it.

    Examples:
      rogatory directory pack replay draft.yaml
      rogatory directory pack replay draft.yaml --since 2025-01-01 --until 2025-12-31
    """
    draft = load_pack(read_file(file, "FILE"))
    first = day_of(since, "--since") if since else 0
    last = day_of(until, "--until") if until else MAX_DAY

    async def work(session: Session) -> PackReplayResult:
        views = []
        tips = await session.exchange.list_requests()
        with run.output.progress("reading requests", entries=True) as report:
            for i, tip in enumerate(tips, 1):
                view = await standing(session, tip.request_id, "STATUS")
                views += [view] if view is not None else []
                report(i, len(tips))
        views = [view for view in views if first <= view.issue.receipt.time_ms // DAY_MS <= last]
        found = law_office.tried(views, draft, session.directory)
        granted = sum(item.draft == GRANTED for item in found)
        return PackReplayResult(
            draft.pack_id,
            draft.pack_version,
            granted,
            len(found) - granted,
            tuple(TriedResult(item.request_id, item.draft, item.rule) for item in found),
        )

    result = call(run, work)
    run.output.result(run.command, result, pack_replay_tree(result))
    return None


def _seed(run: Run, path: Path) -> bytes:
    """Unlock the office's key file with its passphrase."""
    check_named(path, "--key")
    secrets = keyfile.unlock(keyfile.load(path), run.passphrase("Passphrase of the office's key: "))
    return secrets.get(law_office.PACK_KEY, b"")


def _before(output: Path) -> bytes:
    return read_file(output, "--output") if output.exists() else b""


def _written(run: Run, signed: law_office.Signed, output: Path) -> None:
    with staged(output) as stream:
        stream.write(signed.data)
    result = PackSignedResult(str(output), signed.digest, signed.signatures)
    run.output.result(run.command, result, pack_signed_tree(result))


def _shipped() -> list[Pack]:
    return [load_pack(data) for data in shipped_packs().values()]


def _of_realm(run: Run) -> list[Pack]:
    state = TrustedState(run.profile())
    packs = state.load_scheme().packs.values()
    return sorted(packs, key=lambda pack: (pack.pack_id, pack.pack_version))


def _named(packs: list[Pack], name: str) -> Pack:
    """Return a pack by id or by id and version; of several versions the newest."""
    found = [pack for pack in packs if name in {pack.pack_id, f"{pack.pack_id}.v{pack.pack_version}"}]
    if not found:
        raise Refused(errors.X_PACK_UNKNOWN, "PACK", "DIRECTORY.PACKS")
    return max(found, key=lambda pack: pack.pack_version)


def _summary(pack: Pack) -> PackSummary:
    return PackSummary(
        pack.pack_id,
        pack.pack_version,
        pack.title,
        pack.basis,
        pack.marking,
        pack.in_force.since or "",
        pack.digest,
        tuple(sorted(pack.kinds)),
        len(pack.unverified),
    )


def _by_name(pack: Pack) -> tuple[str, ...]:
    """Return the marked paths; a rule is named by its id, since nobody counts rules."""
    ids = {
        f"pack.kinds.{kind}.rules[{i}]": f"pack.kinds.{kind}.rules.{rule.id}"
        for kind, rules in pack.kinds.items()
        for i, rule in enumerate(rules.rules)
    }
    return tuple(ids.get(path, path) for path in pack.unverified)


def _result(pack: Pack) -> PackResult:
    examples = []
    for item in pack.examples:
        gives, rule = outcome(pack, item)
        examples.append(ExampleResult(item.id, item.shows, item.kind, item.role, item.outcome, gives, rule))
    return PackResult(
        _summary(pack),
        _by_name(pack),
        pack.signature.level if pack.signature is not None else "",
        tuple(
            f"{kind}/{name}: {deadline.normal}"
            + "".join(f", rank {rank} {period}" for rank, period in sorted(deadline.by_rank.items()))
            + (f", emergency {deadline.emergency}" if deadline.emergency else "")
            + f", from {deadline.clock} ({deadline.basis})"
            + (f", rests with {', '.join(deadline.rests_with)}" if deadline.rests_with else "")
            for kind, rules in sorted(pack.kinds.items())
            for name, deadline in sorted(rules.deadlines.items())
        ),
        tuple(
            RuleResult(kind, rule.id, rule.code, rule.basis, rule.text)
            for kind, rules in sorted(pack.kinds.items())
            for rule in rules.rules
        ),
        tuple(examples),
    )
