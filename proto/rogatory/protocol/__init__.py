# SPDX-License-Identifier: Apache-2.0
"""What both ends must agree on: envelopes, statements, scope, the fold of a request, log entry fields.

Every module here is pure: bytes and values in, values or one error family out. It opens no file or socket, reads
no clock, and is not a service: storage and transport belong to `rogatory.server` and `rogatory.client`. Only
`codec` and `schema_gate` know the generated wire classes. Import the modules; nothing is re-exported here.
"""
