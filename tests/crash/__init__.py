# SPDX-License-Identifier: Apache-2.0
"""The crash harness: `python -m tests.crash`. What it simulates and what not: docs/crash-tests.md. Not part of pytest's run."""
