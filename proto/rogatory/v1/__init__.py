# SPDX-License-Identifier: Apache-2.0
"""The wire schema, version 1: `.proto` files with the code generated from them beside each.

Nothing here is written by hand except the `.proto` files and this page; `make proto` regenerates the rest. The
generated classes are not the project's own value types: `rogatory.protocol.codec` translates between the two.
"""
