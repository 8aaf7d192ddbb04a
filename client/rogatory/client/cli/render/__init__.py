# SPDX-License-Identifier: Apache-2.0
"""What a person is shown: one tree for terminals and pages, built from the exact bytes that are or will be signed.

`marks` makes dangerous characters visible, `tree` is the tree, `statement` and `content` build it from bytes, `text`
writes it for a terminal. Nothing here asks, signs or sends.
"""
