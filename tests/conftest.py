# SPDX-License-Identifier: Apache-2.0
"""Settings that every test shares. Not a place for fixtures: those live beside the tests that use them."""

import os

import pytest
from hypothesis import HealthCheck, settings

# No deadline: two busy cores make a slow example normal. No database: a run leaves nothing behind, and a failure
# prints the blob that repeats it.
settings.register_profile(
    "rogatory", deadline=None, database=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
# Many more examples, fresh ones each time: HYPOTHESIS_PROFILE=soak.
settings.register_profile("soak", settings.get_profile("rogatory"), max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "rogatory"))

# A file of tests is one worker's. These take longest, so they begin first: begun last, one worker would run alone at the end.
_LONG = (
    "tests/cli/test_transcripts.py",
    "tests/badinput/test_cli_inputs.py",
    "tests/races/test_two_terminals.py",
    "tests/integration/test_outbox_commands.py",
    "tests/crash/test_crash_harness.py",
    "tests/races/test_killed_commands.py",
    "tests/races/test_outbox_machine.py",
    "tests/badinput/test_cli_meaning.py",
    "tests/crash/test_power_pieces.py",
    "tests/races/test_killed_disclosures.py",
    "tests/races/test_racing_statements.py",
    "tests/cli/",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Move the tests that take longest to the front; within a file, and among all the others, the order stays random."""
    items.sort(
        key=lambda item: next((i for i, at in enumerate(_LONG) if item.nodeid.startswith(at)), len(_LONG))
    )
