# SPDX-License-Identifier: Apache-2.0
"""Other people's test vectors, as they were published, compressed, with their notices beside them.

``tests/vectors/others`` holds the files as ``.json.xz``; ``ROGATORY_VECTORS`` names another folder, with plain or
compressed files. Nothing here judges a vector, and a file that is missing fails the test that wants it.
"""

import json
import lzma
import os
from pathlib import Path
from typing import Any

from tests.support.project import ROOT


def vectors_folder() -> Path:
    """Returns the folder of vectors: ROGATORY_VECTORS, else the project's own copy."""
    named = os.environ.get("ROGATORY_VECTORS")
    return Path(named) if named else ROOT / "tests" / "vectors" / "others"


def load_vectors(*parts: str) -> Any:  # noqa: ANN401 - JSON has no narrower type; each test checks what it reads
    """Returns the parsed JSON of one vector file, such as ``("log", "signed_notes.json")``.

    Raises:
        FileNotFoundError: It is not there; a conformance test fails then, it never passes by not running.
    """
    plain = vectors_folder().joinpath(*parts)
    if plain.exists():
        return json.loads(plain.read_bytes())
    return json.loads(lzma.decompress(plain.with_name(f"{plain.name}.xz").read_bytes()))
