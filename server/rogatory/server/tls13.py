# SPDX-License-Identifier: Apache-2.0
"""TLS 1.3 and nothing older, by the only means that Python's gRPC has (cryptography §3).

gRPC offers no minimum version. With an ECDSA certificate, a cipher list that names only an RSA suite leaves TLS 1.2
nothing to agree on, while the suites of TLS 1.3 are not governed by that list. The library reads the list from the
environment when it is first used, so ``prepare`` must run before gRPC is imported; this module imports nothing of it.
``rogatory.server.identity`` refuses a connection of an older version all the same.
"""

from __future__ import annotations

import os
import sys
from typing import Final

from rogatory.server.config import StartupError

VARIABLE: Final = "GRPC_SSL_CIPHER_SUITES"
SUITES: Final = "ECDHE-RSA-AES256-GCM-SHA384"


def prepare() -> None:
    """Set the process up for TLS 1.3 only, and for starting other programs (never forks that use gRPC).

    Raises:
        StartupError: gRPC was imported first, so the setting would come too late.
    """
    if os.environ.get(VARIABLE) != SUITES and "grpc" in sys.modules:
        raise StartupError("tls: SET_BEFORE_GRPC")
    os.environ[VARIABLE] = SUITES
    os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"
    # The library's own lines are not JSON and may tell of peers; whoever looks for a fault can switch them on.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")


def require_prepared() -> None:
    """Check that ``prepare`` ran.

    Raises:
        StartupError: It did not.
    """
    if os.environ.get(VARIABLE) != SUITES:
        raise StartupError("tls: TLS_1_3_ONLY")
