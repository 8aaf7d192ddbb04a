# SPDX-License-Identifier: Apache-2.0
"""The `rogatory` command: parse, one call of the SDK, render.

One file for each group of commands. No rule of law, no cryptography and no network code stands here; what a command
knows it was told by the SDK, and what it shows is built from exact bytes (`rogatory.client.cli.render`).
"""
