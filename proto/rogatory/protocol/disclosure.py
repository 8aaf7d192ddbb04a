# SPDX-License-Identifier: Apache-2.0
"""The context that a disclosure's keys are bound to, built from the request's state.

The provider's client seals under it, the exchange compares its digest, the agency's client opens under it; so it is
made in one place. It holds no key and opens nothing.
"""

from __future__ import annotations

from rogatory.protocol.sealed import DisclosureContext
from rogatory.protocol.state import RequestState


def disclosure_context(
    state: RequestState,
    realm: bytes,
    disclosure_id: bytes,
    sender_org: bytes,
    sender_key_id: bytes,
    recipients: tuple[bytes, ...],
) -> DisclosureContext:
    """Return the context of one disclosure for a request in this state.

    Args:
        state: The request; its order (validate, or issue where the issuer signs alone) is bound in.
        realm: Fingerprint of the realm.
        disclosure_id: 16 random bytes.
        sender_org: Organisation id of the provider.
        sender_key_id: Key id that signs the manifest.
        recipients: Key ids of the sealing rows, sorted.
    """
    validated = state.order_digest if state.order_digest != state.issue_digest else b""
    return DisclosureContext(
        realm=realm,
        request_id=state.request_id,
        disclosure_id=disclosure_id,
        issue_digest=state.issue_digest,
        validate_digest=validated,
        pack_digest=state.pack_digest,
        sender_org=sender_org,
        sender_key_id=sender_key_id,
        recipients=recipients,
    )
