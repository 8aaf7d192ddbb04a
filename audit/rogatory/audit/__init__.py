# SPDX-License-Identifier: Apache-2.0
"""The audit log of Rogatory: an append-only Merkle log, its proofs, its signed heads and its checkers.

It follows RFC 9162 (tree), C2SP tlog-tiles, tlog-checkpoint, signed-note and tlog-proof. It knows nothing of
requests, schemas or parties: to it an entry is 57 opaque bytes and a commitment is a list of values and salts.
Import the modules; nothing is re-exported here.
"""
