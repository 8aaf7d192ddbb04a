# SPDX-License-Identifier: Apache-2.0
"""When front and writer look for garbage: seldom, because they make next to none that counting references does not free.

With the interpreter's own settings the collector ran twice for each statement and took a tenth of the writer's time and a
fifteenth of the front's, and a look at everything holds up every caller of that moment. It is not turned off: cycles that
an exception leaves behind are still found, once enough objects have piled up. It frees nothing by itself and touches no
other process.
"""

from __future__ import annotations

import gc
from typing import Final

# Objects that must have been made and not freed before the youngest are looked at (700 by default). In the writer a
# statement leaves some forty, those of its request's state, and none once the memory of states is full; in the front all
# that a call makes ends with it.
WRITER: Final = (50_000, 10, 10)
FRONT: Final = (5_000, 20, 20)


def settle(thresholds: tuple[int, int, int]) -> None:
    """Take all that is loaded for permanent, and collect seldom from now on. Call it once, when everything is open."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*thresholds)
