# SPDX-License-Identifier: Apache-2.0
"""The option `--html FILE`: what is shown on the terminal also as a page of one's own, from the same tree.

The file is new, for its owner alone, and holds in clear what was opened: nothing of it is sent anywhere.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Final

import typer

from rogatory.client.cli.render.html import page
from rogatory.client.cli.render.tree import Section
from rogatory.client.cli.session import UsageError
from rogatory.client.private_files import write_private

_OPTION: Final = "--html"
HTML = Annotated[
    Path | None, typer.Option(_OPTION, metavar="FILE", help="Also as a page, in a new file of your own.")
]


def check_page(path: Path | None) -> None:
    """Refuse a name that is taken, before anything is opened or read.

    Raises:
        UsageError: There is something of this name.
    """
    if path is not None and os.path.lexists(path):
        raise UsageError("There is such a file already; pages are not overwritten.", _OPTION, "NEW")


def write_page(path: Path | None, tree: Section) -> None:
    """Write a tree as a page, if one is wanted."""
    if path is not None:
        write_private(path, page(tree).encode())
