# SPDX-License-Identifier: Apache-2.0
"""A tree as one static page: the same sections, rows and marks as on a terminal, and nothing that a terminal would not show.

No script, no font, no picture, no link, and a policy in the page that forbids them all: it can be opened, printed and filed
without telling anybody. Other people's text gets in only as escaped pieces. The page is no signed document; the bytes are.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Final

from rogatory.client.cli.render.marks import Mark, Piece
from rogatory.client.cli.render.tree import Row, Section

_STYLE: Final = (
    "body{font:11pt/1.35 serif;max-width:52em;margin:2em auto;padding:0 1em;color:#000;background:#fff}"
    "h1{font-size:1.4em}h2,h3,h4,h5,h6{font-size:1em;margin:1.1em 0 .3em;border-bottom:1px solid #000}"
    "section section{margin-left:1.2em}table{border-collapse:collapse}"
    "th{text-align:left;vertical-align:top;font-weight:normal;padding:.1em 1em .1em 0;min-width:12em}"
    "td{vertical-align:top;padding:.1em 0;overflow-wrap:anywhere}td div{border-left:2px solid #000;padding-left:.5em}"
    ".mark{font-weight:bold;text-decoration:underline}.remark{font-style:italic}"
    "@media print{body{margin:0;max-width:none}section{break-inside:avoid-page}}"
)
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def page(section: Section) -> str:
    """Return a tree as a whole HTML page, in English."""
    body = "\n".join(_section(section, 1))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{escape(section.title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _section(section: Section, level: int) -> Iterator[str]:
    heading = min(level, 6)
    yield "<section>"
    yield f"<h{heading}>{escape(section.title)}</h{heading}>"
    rows: list[Row] = []
    for item in section.items:
        if isinstance(item, Row):
            rows.append(item)
            continue
        yield from _table(rows)
        rows = []
        yield from _section(item, level + 1)
    yield from _table(rows)
    yield "</section>"


def _table(rows: list[Row]) -> Iterator[str]:
    if not rows:
        return
    yield "<table>"
    for row in rows:
        lines = "".join(f"<div>{_pieces(line) or '&nbsp;'}</div>" for line in row.lines)
        remark = f'<span class="remark">({_pieces(row.remark)})</span>' if row.remark else ""
        yield f'<tr><th scope="row">{escape(row.label)}</th><td>{lines}{remark}</td></tr>'
    yield "</table>"


def _pieces(line: tuple[Piece, ...]) -> str:
    return "".join(
        f'<b class="mark">{escape(str(piece))}</b>' if isinstance(piece, Mark) else escape(piece)
        for piece in line
    )
