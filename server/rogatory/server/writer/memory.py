# SPDX-License-Identifier: Apache-2.0
"""When the writer looks for garbage: seldom, because it makes next to none that counting references does not free.

With the interpreter's own settings the collector ran twice for each statement and took a tenth of the writer's time, and
a look at everything holds up every caller of that moment. It is not turned off: cycles that an exception leaves behind
are still found, once enough objects have piled up. It frees nothing by itself and touches no other process.
"""

from __future__ import annotations

import gc
from typing import Final

# Objects that must have been made and not freed before the youngest are looked at (700 by default): a statement leaves
# some forty, those of its request's state, and none once the memory of states is full.
YOUNG: Final = 50_000


def settle() -> None:
    """Take all that is loaded for permanent, and collect seldom from now on. Call it once, when the engine is open."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 10, 10)
