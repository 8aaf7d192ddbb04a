# SPDX-License-Identifier: Apache-2.0
"""Settings that every test shares. Not a place for fixtures: those live beside the tests that use them."""

import os

from hypothesis import HealthCheck, settings

# No deadline: two busy cores make a slow example normal. No database: a run leaves nothing behind, and a failure
# prints the blob that repeats it.
settings.register_profile(
    "rogatory", deadline=None, database=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
# Many more examples, fresh ones each time: HYPOTHESIS_PROFILE=soak.
settings.register_profile("soak", settings.get_profile("rogatory"), max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "rogatory"))
