# SPDX-License-Identifier: Apache-2.0
"""Sealing and opening, at the ends only (architecture §6, cryptography §2). The server never imports this package.

``xwing`` wraps data keys, ``body`` encrypts, ``seal`` and ``unseal`` put both together, ``plaintext`` proves opened
files against a manifest. The format itself is ``rogatory.protocol.sealed``. Nothing is re-exported here.
"""
