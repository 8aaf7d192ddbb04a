# SPDX-License-Identifier: Apache-2.0
"""A provider that seals whatever it is given, as a broken or hostile one would; never the product's own way."""

from __future__ import annotations

from rogatory.client.composing import Prepared, Upload, answer
from rogatory.client.disclosing import DisclosurePlan, _outcomes, _seal, measured_plan
from rogatory.client.provider import transmitted
from rogatory.client.session import Session
from rogatory.client.transfer import ignore


async def prepare_unchecked(session: Session, request_id: bytes, plan: DisclosurePlan) -> Prepared:
    """Seals a plan without the scope check, and claims that it fits."""
    view = await transmitted(session, request_id)
    state = view.state
    outcomes = _outcomes(state, plan)
    sealed, path = _seal(session, state, measured_plan(plan), plan.words, ignore)
    body = sealed.manifest(fits_scope=True, outcomes=outcomes)
    upload = Upload(sealed.disclosure_id, path, sealed.leaves)
    return answer(session, view, body, state.agency, state.order_digest, upload=upload)
