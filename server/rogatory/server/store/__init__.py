# SPDX-License-Identifier: Apache-2.0
"""Where the exchange keeps statements, states, sealed sections and feeds, beside the log in one database.

The contract is ``contract``; ``sqlite`` is the embedded store. This package decides nothing and opens no envelope.
"""
