# SPDX-License-Identifier: Apache-2.0
"""All fuzz targets in one list, for the tests and for the long runs. Where one is missing says tests/fuzz, not this."""

from __future__ import annotations

from typing import Final

from tests.support import fuzz_audit, fuzz_ends, fuzz_protocol
from tests.support.fuzz_targets import Target

ALL: Final[tuple[Target, ...]] = (*fuzz_audit.TARGETS, *fuzz_protocol.targets(), *fuzz_ends.TARGETS)
