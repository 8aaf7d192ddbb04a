# SPDX-License-Identifier: Apache-2.0
"""Where other people's test vectors lie. They are data beside the project, not part of it, so nothing is copied."""

import json
import os
from pathlib import Path
from typing import Any

from tests.support.project import ROOT


def vectors_folder() -> Path:
    """Returns the folder of shared vectors: ROGATORY_VECTORS, else `../shared/vectors` beside the project.

    Raises:
        FileNotFoundError: if it is not there; a conformance test fails then, it never passes by not running.
    """
    folder = Path(os.environ.get("ROGATORY_VECTORS") or ROOT.parent / "shared" / "vectors")
    if not folder.is_dir():
        raise FileNotFoundError("the shared test vectors are missing: set ROGATORY_VECTORS to their folder")
    return folder


def vector_file(*parts: str) -> Path:
    """Returns the path of one vector file, for example `vector_file("crypto", "wycheproof", "ed25519_test.json")`."""
    return vectors_folder().joinpath(*parts)


def load_vectors(*parts: str) -> Any:  # noqa: ANN401 - JSON has no narrower type; each test checks what it reads
    """Returns the parsed JSON of one vector file."""
    return json.loads(vector_file(*parts).read_bytes())
