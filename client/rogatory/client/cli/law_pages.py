# SPDX-License-Identifier: Apache-2.0
"""Prints what the documentation says of the law: the lifecycle from its table, the regime packs that ship, the names rules see.

Part of the reference pages (`rogatory.client.cli.reference`); nothing of it is used by a command. The words on how to write
a pack are in the page itself; what is printed here are the parts that must agree with the code.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rogatory.client.pack_library import shipped_packs
from rogatory.protocol.check_digits import CHECKSUMS
from rogatory.protocol.identifier_types import CHECKS
from rogatory.protocol.lifecycle_table import EVERY, TABLE, Row
from rogatory.protocol.pack import load_pack
from rogatory.protocol.pack.expressions import NAMES
from rogatory.protocol.pack.shape import CLOCKS, READERS
from rogatory.protocol.state import TERMINAL, Flag, HoldName, StateName

_LIFECYCLE: Final = """# The lifecycle of a request

Printed from the table that the fold reads (`rogatory.protocol.lifecycle_table`) by
`python -m rogatory.client.cli.reference docs`; a test holds both together.

A state is never told, it is computed: every party folds the request's signed statements, in the order of the log, under the pack
that the request named. A kind that is not listed for a state is refused with `X_STATE_NOT_ALLOWED`, or with `X_OBJECT_TERMINAL`
where the request has ended. Kinds marked *deciding* must have seen the newest statement that changed anything
(`X_STALE_GENERATION`). Guards that need the pack (codes, terms, roles) are in the column *does* in one sentence and in the rule
modules in full.

`issue` opens a request: alone where the pack lets the role sign (TRANSMITTED), as an emergency that owes its validation
(TRANSMITTED with the hold EX_POST_VALIDATION_PENDING), else waiting for the authority (ISSUED).
"""
_PACKS: Final = """# Regime packs

A regime pack is one legal regime at one version: a YAML file, signed by the scheme's quorum, logged, named by the digest of its exact
bytes. Every request names the pack that it is judged by, for ever. A new regime, a changed deadline or a new kind of identifier is a new
file; no program changes. The lists below are printed from the code by `python -m rogatory.client.cli.reference docs`.

A pack does not load, anywhere, when a name in it does not resolve, when a rule fails on headers made up from its own vocabulary, or when
an example does not give the outcome that it states. `rogatory directory pack lint FILE` shows everything that is wrong at once, each with
its line. YAML is read strictly: no key twice, no anchors, no tags. `verify: true` on any mapping marks what was not confirmed in the
official text; `pack show` says so.

## What a pack says

| key | what |
|---|---|
| `in_force`, `parties`, `reservations` | from when until when (no `since`: not in force), which jurisdictions, who cannot be asked for what |
| `categories`, `elements` | data categories with rank; into which category a data element falls for a purpose |
| `identifiers` | types with label, pattern, length, `checksum` by name, ETSI names, `examples` that must pass; `observed_required`: it means nothing without a moment; `port_required_with_nat`: it has no port, so it names nobody at a provider that shares addresses; lists, ranges and wildcards are refused whatever a pack says |
| `labels` | elements that exist several times, such as addresses, with the labels to choose from; without one nothing of them is released |
| `facts` | the vocabulary of coded facts; nothing else can stand in the clear |
| `kinds` | per kind of request: legal type, who drafts, issues, validates per rank, ex post term, thresholds, notification, deadlines, extension, `conditions_of_use` that bind whoever gets the data, rules |
| `kinds.….deadlines` | by name: period (`normal`, `emergency`, `by_rank`), `clock` that starts it, `on_silence` at its end (EXEMPT, STAY_SUSPENDED, NOTHING: nobody is late), `rests_with`: holds by whose length the term to produce moves. Whatever a pack says, nobody is late with a delivery while a hold forbids it |
| `signature` | a level of signature that the law asks for on issuing or validating: a slot, since none is made here; said before signing |
| `sections` | which audience can open grounds and particulars |
| `refusal`, `questions`, `objections`, `taking_back`, `withdrawal`, `outcomes` | the codes that may be used, and what an objection does |
| `user_information`, `errors`, `cost_claims`, `recipients`, `oral_validation` | what follows from a request; oral validation is off unless a pack turns it on |
| `offline` | whether an emergency may be carried as a file while the exchange is down (`carry`), and how soon both ends must deposit it (`deposit_within`); without it nothing may (`carry.md`) |
| `log`, `statistics` | how long entries stay sealed, which figures are due |
| `examples` | requests with their outcome: at least one granted, one refused, one at the edge |

A rule that a table cannot say is a CEL expression with id, code, legal basis and one sentence; it must be true (`holds`) where `when`
is. `limits` names a refusal code whose use the rule limits.
"""


def lifecycle_page() -> str:
    """Return the page of the lifecycle."""
    rows = [_row(kind.name, row) for kind, row in TABLE.items()]
    ended = ", ".join(name.name for name in StateName if name in TERMINAL)
    return (
        f"{_LIFECYCLE}\n## Kinds\n\n| kind | by | in | about | does | leads to |\n|---|---|---|---|---|---|\n"
        + "\n".join(rows)
        + f"\n\n## States, holds, flags\n\nStates: {_listed(name.name for name in StateName)}. Ended: {ended}.\n\n"
        + f"Holds stand beside a state and wait for an answer: {_listed(HoldName)}.\n\n"
        + f"Flags, duties that outlive a request among them: {_listed(Flag)}.\n"
    )


def packs_page() -> str:
    """Return the page of the regime packs."""
    names = "".join(f"\n| `{name}` | {words} |" for name, words in NAMES.items())
    rows = "".join(_pack(data) for data in shipped_packs().values())
    return (
        f"{_PACKS}\n### Names that rules see\n\n| name | what |\n|---|---|{names}\n\n"
        f"Clocks start with {_listed(CLOCKS)}. Sections are read by {_listed(READERS)}.\n\n"
        f"Checksums that an identifier type can name: {_listed(f'`{name}`' for name in CHECKSUMS)}. Types with a check of their own, "
        f"whatever the pack says: {_listed(f'`{name}`' for name in CHECKS)}.\n\n"
        f"## Packs that ship\n\n| pack | what | in force | kinds | examples | not confirmed |\n|---|---|---|---|---|---|{rows}\n"
    )


def _row(kind: str, row: Row) -> str:
    states = "any state" if row.states == EVERY else ", ".join(s.name for s in StateName if s in row.states)
    by = "; ".join(actor.value for actor in row.actors)
    name = f"`{kind.lower()}`" + (" (deciding)" if row.deciding else "")
    leads = ", ".join(state.name for state in row.to) or "-"
    return f"| {name} | {by} | {states} | {row.about.value} | {row.does} | {leads} |"


def _pack(data: bytes) -> str:
    pack = load_pack(data)
    since = pack.in_force.since or "not in force"
    marks = str(len(pack.unverified)) if pack.unverified else "-"
    return (
        f"\n| `{pack.pack_id}` v{pack.pack_version} | {pack.title}; {pack.basis} | {since} | {_listed(pack.kinds)} "
        f"| {len(pack.examples)} | {marks} |"
    )


def _listed(values: Iterable[str]) -> str:
    return ", ".join(sorted(values))
