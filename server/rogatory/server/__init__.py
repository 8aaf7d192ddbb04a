# SPDX-License-Identifier: Apache-2.0
"""The exchange: it verifies, decides, logs and hands on statements whose contents it cannot read.

It holds no key to identifiers, grounds or data, and has no code that seals or opens: it may import only the format
of sealed objects. It never imports `rogatory.client`. The entry point is `rogatory.server.main`.
"""
