# SPDX-License-Identifier: Apache-2.0
"""A realm in which every command has been typed once, so that every file that the command reads is there to be broken.

One server, one request from the draft to the opened answer with one of its two tasks still open, a draft, a statement that
waits for a network, a rejection in the evidence, a bundle, a copy of the log. Nothing here knows what a broken file does.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rogatory.client.pack_library import shipped_packs
from rogatory.client.private_files import write_private
from tests.support.commands import Realm
from tests.support.forked import Ran, Shell
from tests.support.project import ROOT

# Stands in files that are broken on purpose; no answer may repeat it.
CANARY: Final = "canary-user@mail.example"
IDENTIFIER: Final = "invented-two@mail.example"
_FILES: Final = ROOT / "tests" / "cli" / "files"
_SPAN: Final = {"since": {"text": "2026-08-20T00:00:00Z"}, "until": {"text": "2026-08-21T00:00:00Z"}}
# What is typed, by whom, and the word that is typed when the command asks for one.
_SCRIPT: Final = """
request lint {REQUEST} @ investigator
request preview {REQUEST} @ investigator
request xray {REQUEST} @ investigator
request template save sessions {REQUEST} @ investigator
request template show sessions @ investigator
request send {REQUEST} --yes @ investigator
authority queue @ judge
authority show {REQUEST} @ judge
authority grant {REQUEST} @ prosecutor < grant
authority grant {REQUEST} @ judge < grant
provider connect --once @ provider-service
provider inbox @ compliance
provider show {REQUEST} @ compliance
provider receive {REQUEST} --yes @ compliance
provider preserve {REQUEST} --yes @ compliance
provider disclose {REQUEST} --file rows.jsonl --task 1 --element access_session --format RECORDS --yes @ compliance
provider disclose {REQUEST} --plan plan.json --check @ compliance
duty set duty.json @ compliance
duty run --once @ compliance
duty show @ compliance
request status {REQUEST} @ investigator
request status @ investigator
request fetch {REQUEST} @ investigator
request bundle {REQUEST} -o exhibit.bundle @ investigator
request bundle {REQUEST} -o refused.bundle @ prosecutor
request watch --count 1 --seconds 20 @ investigator
keys list @ investigator
audit mirror copy @ inspector
audit checkpoint @ inspector
audit list @ inspector
audit prove 3 -o three.proof @ inspector
audit verify copy @ inspector
verify exhibit.bundle @ inspector
directory pack lint law.yaml @ judge
directory pack show law.yaml @ judge
directory pack replay law.yaml @ judge
directory pack sign law.yaml --key realm/office/pack.key -o law.quorum @ judge
directory pack publish law.quorum @ judge
provider catalogue publish catalogue.json --yes @ compliance
provider catalogue show @ investigator
request radar @ investigator
"""


@dataclass
class Life:
    """The realm, the shell that types, ids by the names of ``{REQUEST}``, ``{DRAFT}``, all that was ever read, where the log has what waited."""

    folder: Path
    realm: Realm
    shell: Shell
    ids: dict[str, str] = field(default_factory=dict)
    read: set[str] = field(default_factory=set)
    index: int = 0

    @classmethod
    def make(cls, folder: Path) -> Life:
        """Makes the realm and lives the life."""
        life = cls(folder, Realm.make(folder), Shell())
        for path in _FILES.iterdir():
            shutil.copy(path, folder / path.name)
        (folder / "identifier").write_text(IDENTIFIER + "\n", "utf-8")
        item: dict[str, object] = {"path": "rows.jsonl", "task": 2, "element": "message_header", **_SPAN}
        (folder / "plan.json").write_text(json.dumps({"items": [item], "words": CANARY}), "utf-8")
        (folder / "law.yaml").write_bytes(shipped_packs()["us.sca.2703f.v1"])
        life.ids["OFFICE"] = str(folder / "realm" / "office" / "pack.key")
        life.realm.start()
        life._live()
        return life

    def close(self) -> None:
        """Ends the server and the shell."""
        self.realm.stop()
        self.shell.close()

    @property
    def profiles(self) -> Path:
        return self.folder / "realm" / "profiles"

    @property
    def data(self) -> Path:
        """The exchange's data folder."""
        return self.folder / "realm" / "server" / "data"

    def type(self, *words: str, stdin: str = "", code: int = 0) -> Ran:
        """Types a command in the life's own folder, which must end as said."""
        words = tuple(word.format(**self.ids) for word in words)
        ran = self.run(self.folder, *words, "--json", stdin=stdin)
        assert ran.code == code, f"{words}: {ran.code} {ran.out} {ran.err}"
        self.read |= set(ran.read)
        return ran

    def run(self, folder: Path, *words: str, stdin: str = "", privileged: bool = True) -> Ran:
        """Types a command in any folder."""
        environment = {
            "ROGATORY_HOME": "realm/profiles",
            "ROGATORY_PASSPHRASE_FILE": str(self.folder / "passphrase"),
        }
        return self.shell.run(folder, *words, stdin=stdin, environment=environment, privileged=privileged)

    def _draft(self, name: str) -> None:
        ran = self.type("request", "new", "--from-json", "draft.json", "--profile", "investigator")
        self.ids[name] = json.loads(ran.out)["result"]["request_id"]

    def _live(self) -> None:
        self._draft("REQUEST")
        for line in _SCRIPT.strip().splitlines():
            words, _, who = line.partition(" @ ")
            who, _, answer = who.partition(" < ")
            code = 4 if who == "prosecutor" and answer else 0  # what a prosecutor may not decide
            self.type(*words.split(), "--profile", who, stdin=f"{answer}\n", code=code)
        self._wait()
        self._draft("DRAFT")

    def _wait(self) -> None:
        """A statement that was signed without a network waits in the outbox; keep that outbox apart."""
        self._draft("WAITING")
        config = self.profiles / "investigator" / "profile.json"
        before = config.read_bytes()
        write_private(config, json.dumps(json.loads(before) | {"address": "127.0.0.1:1"}).encode())
        self.type("request", "send", "{WAITING}", "--yes", "--profile", "investigator")
        write_private(config, before)
        shutil.copytree(self.profiles / "investigator" / "outbox", self.folder / "waiting")
        sent = self.type("request", "send", "--waiting", "--profile", "investigator")
        self.index = json.loads(sent.out)["result"]["flushed"][0]["index"]
