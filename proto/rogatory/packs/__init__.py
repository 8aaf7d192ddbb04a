# SPDX-License-Identifier: Apache-2.0
"""The regime packs that ship: signed, versioned YAML files, one per legal regime and version.

This package only carries data. It does not parse or judge a pack: `rogatory.protocol.pack` does, from bytes. A
released file never changes; a changed law is a new version beside it.
"""
