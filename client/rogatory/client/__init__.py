# SPDX-License-Identifier: Apache-2.0
"""The software of the parties: an async SDK, sealing and opening, local state, and the `rogatory` command.

It believes no state that a server tells: it folds envelopes, checks receipts and compares heads for itself. It
never imports `rogatory.server` and runs on Windows too, so no POSIX-only module is imported unguarded.
"""
