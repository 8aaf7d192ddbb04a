# SPDX-License-Identifier: Apache-2.0
"""A tree as a static page: no script, nothing fetched, one encoding, fit to be printed.

Everything that is not ours is escaped, after the tree has made it safe to look at. The same tree always gives the same bytes, which is
how a letter is checked. Nothing is judged here.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import Final

from rogatory.client.cli.render.text import joined
from rogatory.client.cli.render.tree import Row, Section

_STYLE: Final = (
    "body{font:11pt/1.4 serif;max-width:48em;margin:2em auto;padding:0 1em;color:#000;background:#fff}"
    "h1{font-size:1.5em}h2{font-size:1.2em;border-top:1px solid #000;padding-top:.6em}h3{font-size:1em}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.15em .6em .15em 0}"
    "th{font-weight:normal;width:30%}td{overflow-wrap:anywhere}.code{font:bold 1.6em monospace}"
    "pre{font-size:6pt;overflow-wrap:anywhere;white-space:pre-wrap}@media print{pre,.file{display:none}}"
)


def page(tree: Section, *, code: str, trailer: str) -> bytes:
    """Return the page of a tree.

    Args:
        tree: What is shown.
        code: Shown large below the title.
        trailer: Text that stands at the end as it is; the caller answers for it.
    """
    title = html.escape(tree.title)
    parts = [
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n',
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n",
        f'<p class="code">{html.escape(code)}</p>\n',
        *_items(tree, 2),
        f"{trailer}\n</body>\n</html>\n",
    ]
    return "".join(parts).encode()


def _items(section: Section, level: int) -> Iterator[str]:
    rows = [item for item in section.items if isinstance(item, Row)]
    if rows:
        yield "<table>\n"
        yield from (_row(row) for row in rows)
        yield "</table>\n"
    for item in section.items:
        if isinstance(item, Section):
            heading = min(level, 6)
            yield f"<h{heading}>{html.escape(item.title)}</h{heading}>\n"
            yield from _items(item, level + 1)


def _row(row: Row) -> str:
    lines = "<br>".join(html.escape(joined(line)) for line in row.lines)
    remark = f" <small>({html.escape(joined(row.remark))})</small>" if row.remark else ""
    return f'<tr><th scope="row">{html.escape(row.label)}</th><td>{lines}{remark}</td></tr>\n'
