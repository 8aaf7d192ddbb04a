# SPDX-License-Identifier: Apache-2.0
"""Writes the bytes into docs/what-the-exchange-sees.md from the committed vectors.

Run ``python -m tests.support.exchange_sees`` after the vectors changed; a test compares. The prose is not made here.
"""

from __future__ import annotations

import json

from rogatory.protocol.entry_schema import SCHEMA_ID
from tests.support.project import ROOT

PAGE = ROOT / "docs" / "what-the-exchange-sees.md"
BEGIN, END = "<!-- bytes: begin -->\n", "<!-- bytes: end -->\n"


def block() -> str:
    """The block between the markers: the header's bytes, its values, and what the log shows of the same act."""
    vectors = json.loads((ROOT / "tests" / "vectors" / "rogatory-v1.json").read_text("utf-8"))
    issue = vectors["statements"][0]
    receipt = bytes.fromhex(vectors["receipts"][0])
    entry = receipt[2:59]
    lines = [
        f"The payload of one `issue` with two tasks, {len(bytes.fromhex(issue['payload']))} bytes (a vector of this repository):",
        "",
        "```",
        *_dump(bytes.fromhex(issue["payload"])),
        "```",
        "",
        "Read with the schema, the header says:",
        "",
        "```json",
        *json.dumps(issue["header"], indent=1).splitlines(),
        "```",
        "",
        f"And this is all that the public log holds of the same act (57 bytes, slot schema `{SCHEMA_ID.hex()[:16]}…`):",
        "",
        "```",
        *_dump(entry),
        "```",
        "",
    ]
    return "\n".join(lines)


def _dump(data: bytes) -> list[str]:
    """Offset, sixteen bytes in hex, and what of them is printable ASCII."""
    rows = []
    for at in range(0, len(data), 16):
        part = data[at : at + 16]
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
        rows.append(f"{at:04x}  {part.hex(' '):<47}  {text}")
    return rows


def main() -> None:
    """Put the block into the page."""
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(before + BEGIN + block() + END + after, encoding="utf-8")


if __name__ == "__main__":
    main()
