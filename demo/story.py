# SPDX-License-Identifier: Apache-2.0
"""The story in four acts, told through commands: preserve, disclose, open, inspect.

Each act types what its people would type and holds the answers against what must be true. It measures nothing; ``demo``
does. Everybody in it is invented.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from demo.files import Case, write_all
from demo.stage import DemoFailed, Stage

PACK = "eu.e-evidence.2023-1543"
PROVIDER = "Example Access (invented)"
AUTHORITY = "Court and prosecutor of Northland (invented)"
INVESTIGATOR, PROSECUTOR, JUDGE = "investigator", "prosecutor", "judge"
GATEWAY, OFFICER, INSPECTOR = "provider-service", "compliance", "inspector"
# These two have no profile.
OPERATOR, STRANGER = "operator", "stranger"


@dataclass
class Told:
    """What the acts leave for the final line."""

    requests: list[str] = field(default_factory=list)
    disclosed_bytes: int = 0
    bundle: Path | None = None
    mirror: Path | None = None
    root: str = ""


def make_case(words: str, slug: str) -> Case:
    """The invented case: a week that ended yesterday, in UTC."""
    today = dt.datetime.now(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return Case(
        words=words,
        account=f"{slug}@mail.example",
        telephone="+15550100147",
        address="203.0.113.77:40147",
        since=today - dt.timedelta(days=7),
        until=today - dt.timedelta(seconds=1),
    )


def prologue(stage: Stage, told: Told, port: int) -> None:
    """A training realm, and an exchange that listens."""
    stage.heading("A training realm: root, directory, pack, keys and certificates of invented people")
    stage.run(OPERATOR, "operator", "init", str(stage.realm), "--training", "--listen", f"127.0.0.1:{port}")
    told.root = (stage.realm / "realm" / "fingerprint").read_text("utf-8").strip()
    stage.start()
    pids = stage.pids()
    stage.say("")
    stage.say(f"The exchange runs: front process {pids['front']}, writer process {pids['writer']}.")


def preservation(stage: Stage, told: Told, case: Case) -> None:
    """(a) An EPOC-PR for one account: validated by a prosecutor, received, preserved for sixty days."""
    stage.heading("(a) A preservation (EPOC-PR) for one account")
    identifier = stage.folder / "account.txt"
    identifier.write_text(case.account + "\n", encoding="utf-8")
    answer = stage.json(
        INVESTIGATOR, "request", "new", "--kind", "PRESERVATION", "--pack", PACK, "--to", PROVIDER,
        "--authority", AUTHORITY, "--type", "account_id", "--identifier-file", str(identifier),
        "--element", "mailbox", "--since", case.since.isoformat(), "--until", case.until.isoformat(),
        "--fact", "controller=CONTROLLER", "--fact", "person.role=SUSPECT", "--case", "EX-1",
        "--offence", "An invented offence", "--necessity", f"Needed, since {case.words}.",
        "--proportionality", "One account, one week.", "--summary", f"Invented: {case.words}.",
    )  # fmt: skip
    request = _id(answer)
    told.requests.append(request)
    stage.say(
        "The investigator has drafted it from flags (the identifier from a file, so that no shell keeps it)."
    )
    stage.run(INVESTIGATOR, "request", "lint", request)
    stage.run(INVESTIGATOR, "request", "preview", request)
    stage.run(INVESTIGATOR, "request", "send", request, "--yes")
    stage.run(PROSECUTOR, "authority", "queue")
    stage.run(PROSECUTOR, "authority", "show", request)
    stage.run(PROSECUTOR, "authority", "grant", request, answer="GRANT\n")
    stage.run(GATEWAY, "provider", "connect", "--once")
    stage.run(OFFICER, "provider", "inbox")
    stage.run(OFFICER, "provider", "receive", request, "--yes")
    stage.run(OFFICER, "provider", "preserve", request, "--yes")
    stage.run(INVESTIGATOR, "request", "status", request)


def disclosure(stage: Stage, told: Told, case: Case, *, large: bool) -> None:
    """(b) An EPOC for subscriber and traffic data: a prosecutor may not, a judge narrows it, the provider answers."""
    stage.heading("(b) A disclosure (EPOC) for subscriber and traffic data")
    draft = stage.folder / "draft.json"
    draft.write_text(json.dumps(_draft(case), indent=1, ensure_ascii=False), encoding="utf-8")
    request = _id(stage.json(INVESTIGATOR, "request", "new", "--from-json", str(draft)))
    told.requests.append(request)
    stage.say("Three tasks: an account, a shared address with its port, a telephone number.")
    stage.run(INVESTIGATOR, "request", "send", request, "--yes")
    stage.say("")
    stage.say(
        "A prosecutor may validate subscriber data. This order asks for traffic data too: the strictest decides."
    )
    stage.run(PROSECUTOR, "authority", "grant", request, expect=4, answer="GRANT\n")
    stage.say("")
    stage.say(
        "A judge opens the sections, checks each identifier against its commitment, and leaves out task 3."
    )
    stage.run(JUDGE, "authority", "show", request)
    stage.run(JUDGE, "authority", "grant", request, "--drop-task", "3", answer="GRANT\n")
    stage.run(GATEWAY, "provider", "connect", "--once")
    shown = stage.run(OFFICER, "provider", "show", request)
    if case.telephone in shown:
        raise DemoFailed("the provider was shown the identifier that the judge had removed")
    stage.run(OFFICER, "provider", "receive", request, "--yes")
    folder = stage.folder / "evidence"
    write_all(folder, case, large=large)
    told.disclosed_bytes = sum(path.stat().st_size for path in folder.iterdir() if path.name != "plan.json")
    stage.say("")
    stage.say(
        "First a slip: a log that reaches one day further back than the order. It does not leave the house."
    )
    _slip(stage, request, folder, case)
    stage.run(OFFICER, "provider", "disclose", request, "--plan", str(folder / "plan.json"), "--check")
    stage.run(OFFICER, "provider", "disclose", request, "--plan", str(folder / "plan.json"), "--yes")


def opening(stage: Stage, told: Told) -> None:
    """(c) The agency fetches, opens, checks the scope again, acknowledges, and writes a bundle."""
    stage.heading("(c) The agency opens the answer, checks the scope again, and acknowledges")
    request = told.requests[-1]
    stage.run(INVESTIGATOR, "request", "fetch", request)
    stage.run(INVESTIGATOR, "request", "acknowledge", request, "--yes")
    stage.run(INVESTIGATOR, "request", "status", request)
    told.bundle = stage.folder / "case.rogatory"
    stage.run(INVESTIGATOR, "request", "bundle", request, "--output", str(told.bundle))


def inspection(stage: Stage, told: Told) -> None:
    """(d) Oversight copies the log while the exchange runs; everything after that needs no exchange."""
    stage.heading("(d) Oversight takes its copy of the log")
    told.mirror = stage.folder / "mirror"
    stage.run(INSPECTOR, "audit", "checkpoint")
    stage.run(INSPECTOR, "audit", "list", "--limit", "12")
    stage.run(INSPECTOR, "audit", "prove", "4")
    stage.run(INSPECTOR, "audit", "mirror", str(told.mirror))


def offline(stage: Stage, told: Told) -> tuple[bool, bool]:
    """Verify log and bundle with no server running; return whether both held."""
    stage.heading("The exchange is stopped. Log and bundle are verified without it")
    root = ["--root", told.root]
    log, bundle = ("audit", "verify", str(told.mirror), *root), ("verify", str(told.bundle), *root)
    stage.run(INSPECTOR, *log)
    stage.run(INSPECTOR, *bundle)
    stage.say("")
    stage.say("Without the realm's fingerprint the bundle is consistent, and nobody vouches for its root:")
    stage.run(STRANGER, "verify", str(told.bundle), expect=8)
    return _verdict(stage, 0, *log) == "VERIFIED", _verdict(stage, 0, *bundle) == "VERIFIED"


def tamper(stage: Stage, told: Told) -> tuple[bool, bool]:
    """Flip one byte in a copy of each; return whether both were refused."""
    stage.heading("One byte is flipped in a copy of each")
    root = ["--root", told.root]
    bundle = stage.folder / "tampered.rogatory"
    _flipped(told.bundle, bundle)
    stage.run(INSPECTOR, "verify", str(bundle), *root, expect=7)
    bundle_refused = _verdict(stage, 7, "verify", str(bundle), *root) == "FAILED"
    bundle.unlink()
    mirror = stage.folder / "tampered-mirror"
    entries = _copied(told.mirror, mirror)
    _flipped(entries, entries)
    stage.run(INSPECTOR, "audit", "verify", str(mirror), *root, expect=7)
    return bundle_refused, _verdict(stage, 7, "audit", "verify", str(mirror), *root) == "FAILED"


def _verdict(stage: Stage, code: int, *arguments: str) -> str:
    """What a check says of itself, from its JSON."""
    return str(stage.json(INSPECTOR, *arguments, expect=code)["verdict"])


def _slip(stage: Stage, request: str, folder: Path, case: Case) -> None:
    early = folder / "too-early.log"
    moment = case.since - dt.timedelta(hours=1)
    early.write_text(
        f"<134>1 {moment.isoformat(timespec='milliseconds')} nat1.isp.example CGNAT 1 X - too early\n"
    )
    stage.run(
        OFFICER, "provider", "disclose", request, "--file", str(early), "--task", "2", "--element", "nat_binding",
        "--format", "CGNAT_SYSLOG", "--outcome", "2=DELIVERED", "--yes", expect=4,
    )  # fmt: skip
    early.unlink()


def _draft(case: Case) -> object:
    window = {"since": {"text": case.since.isoformat()}, "until": {"text": case.until.isoformat()}}
    observed = [{"text": (case.since + dt.timedelta(hours=30)).isoformat()}]

    def task(kind: str, value: str, elements: Sequence[str], **more: object) -> object:
        own = {
            "identifier_type": kind,
            "identifier": value,
            "elements": list(elements),
            "purpose": "EVIDENCE",
        }
        return {**own, **window, **more, "words": f"For the exercise: {case.words}"}

    return {
        "kind": "DISCLOSURE",
        "pack_id": PACK,
        "provider": PROVIDER,
        "authority": AUTHORITY,
        "tasks": [
            task("account_id", case.account, ["access_session", "message_header", "name", "postal_address"]),
            task("ip_port_time", case.address, ["flow_record", "nat_binding"], observed=observed),
            task("msisdn", case.telephone, ["call_record"]),
        ],
        "facts": {
            "controller": {"values": ["CONTROLLER"]},
            "offence.annex_iv": {"values": ["TRAFFICKING_IN_HUMAN_BEINGS"]},
            "offence.in_issuing_state": {"values": ["YES"]},
            "offence.max_penalty_months": {"number": 120},
            "person.resides_in_issuing_state": {"values": ["YES"]},
            "person.role": {"values": ["SUSPECT"]},
        },
        "grounds": {
            "case_number": "EX-2",
            "offence": "Trafficking in human beings (exercise)",
            "necessity": f"No other source shows who used the address. {case.words}",
            "proportionality": "Three identifiers, one week.",
            "case_summary": f"Invented from end to end: {case.words}.",
        },
    }


def _id(answer: dict[str, object]) -> str:
    found = answer.get("request_id")
    if not isinstance(found, str):
        raise DemoFailed("the command named no request")
    return found


def _flipped(source: Path | None, target: Path) -> None:
    """Write a copy whose middle byte has one bit changed."""
    if source is None:
        raise DemoFailed("there is nothing to tamper with")
    data = bytearray(source.read_bytes())
    data[len(data) // 2] ^= 1
    target.write_bytes(data)


def _copied(source: Path | None, target: Path) -> Path:
    """Copy a mirror and return its first entry bundle."""
    import shutil  # noqa: PLC0415 - one use

    if source is None:
        raise DemoFailed("there is no mirror")
    shutil.copytree(source, target)
    return next(path for path in sorted((target / "tile" / "entries").rglob("*")) if path.is_file())
