# SPDX-License-Identifier: Apache-2.0
"""The services as gRPC sees them. Each method decodes, makes one call, encodes, or passes bytes on; no try, no SQL, no policy.

With the codec this is the only place of the server that knows generated classes. ``register`` is the way in.
"""

from rogatory.server.servicers.register import Services, checked_rules, register

__all__ = ["Services", "checked_rules", "register"]
