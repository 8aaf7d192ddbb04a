# SPDX-License-Identifier: Apache-2.0
"""``python -m demo``: tells the story, searches the exchange for planted words, prints one JSON object last.

``MARKER`` in the environment sets the words that are planted in identifiers, grounds and records. It exits with 0 only
if every act went as told, nothing planted was found at the exchange, and the leaking build was caught in every place.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import sys
import time
from pathlib import Path

from demo import story
from demo.files import Case
from demo.folding import states_equal_folds
from demo.search import Findings, search
from demo.stage import DemoFailed, Stage, free_port
from demo.story import Told

_FOLDER = Path(__file__).resolve().parent.parent / "build" / "demo"


def main() -> int:
    """Run the demo and return its exit code."""
    began = time.monotonic()
    words = os.environ.get("MARKER") or f"quiet heron {secrets.token_hex(4)}"
    case = story.make_case(words, slug(words))
    shutil.rmtree(_FOLDER, ignore_errors=True)
    stage = Stage(_folder("real"))
    try:
        result = play(stage, case)
        result |= control(case)
    except DemoFailed as failure:
        sys.stderr.write(f"\nThe demo failed: {failure}\n")
        return 1
    result["seconds"] = round(time.monotonic() - began, 1)
    print(json.dumps(result))
    wanted = (
        "state_equals_fold",
        "log_verified",
        "bundle_verified",
        "tampered_bundle_refused",
        "tampered_log_refused",
    )
    good = all(result[name] for name in (*wanted, "marker_found_by_positive_control"))
    return 0 if good and not result["plaintext_found_at_exchange"] else 1


def play(stage: Stage, case: Case) -> dict[str, object]:
    """The story on the real build."""
    told = Told()
    try:
        story.prologue(stage, told, free_port())
        story.preservation(stage, told, case)
        story.disclosure(stage, told, case, large=True)
        story.opening(stage, told)
        story.inspection(stage, told)
        size = stage.json(story.INSPECTOR, "audit", "verify", str(told.mirror), "--root", told.root)["size"]
        statements = sum(
            len(stage.json(story.INVESTIGATOR, "request", "status", request)["statements"])
            for request in told.requests
        )
        stage.heading("The exchange is searched for every planted word: files, parts, log lines, memory")
        found = look(stage, case)
    finally:
        stage.stop()
    log_ok, bundle_ok = story.offline(stage, told)
    bundle_refused, log_refused = story.tamper(stage, told)
    return {
        "requests": len(told.requests),
        "statements": statements,
        "log_size": size,
        "state_equals_fold": states_equal_folds(stage.server_folder / "data", told.requests),
        "log_verified": log_ok,
        "bundle_verified": bundle_ok,
        "tampered_bundle_refused": bundle_refused,
        "tampered_log_refused": log_refused,
        "disclosed_bytes": told.disclosed_bytes,
        "plaintext_found_at_exchange": found.total,
        "bytes_searched_at_exchange": sum(found.bytes_searched.values()),
    }


def control(case: Case) -> dict[str, object]:
    """The same story, small, on the build that leaks; every place must give the marker away."""
    stage = Stage(_folder("leaky"), leaky=True, quiet=True)
    print("\n━━ Positive control: the same search over a build that leaks on purpose", flush=True)
    told = Told()
    try:
        story.prologue(stage, told, free_port())
        story.disclosure(stage, told, case, large=False)
        stage.quiet = False
        found = look(stage, case)
    finally:
        stage.stop()
    places = {place: count for place, count in found.hits.items() if not count}
    if places:
        raise DemoFailed(f"the search is blind: a leaking build was not caught in {', '.join(places)}")
    return {"marker_found_by_positive_control": True}


def look(stage: Stage, case: Case) -> Findings:
    """Search the running exchange and print what was found where."""
    wanted = [case.words, case.account, case.telephone, case.address, case.subscriber]
    found = search(stage.server_folder, stage.server_log, stage.pids(), wanted)
    for place, count in found.hits.items():
        stage.say(f"    {place:<22} {found.bytes_searched[place]:>14,} bytes searched  {count:>6} hits")
    return found


def slug(words: str) -> str:
    """Return the words in the form that an account name can have."""
    plain = re.sub(r"[^a-z0-9]+", "-", words.casefold()).strip("-")[:40].strip("-")
    return plain or "exercise"


def _folder(name: str) -> Path:
    folder = _FOLDER / name
    folder.mkdir(parents=True)
    return folder


if __name__ == "__main__":
    sys.exit(main())
