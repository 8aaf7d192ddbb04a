# SPDX-License-Identifier: Apache-2.0
"""A build that leaks on purpose: the positive control of the search for plaintext at the exchange.

``cli`` is the real command with a body cipher that encrypts nothing; ``server`` and ``writer`` are the real exchange
with a vault that encrypts nothing and log lines that quote what came in. They change the product from outside, in their
own processes only; nothing in the product can be switched into this.
"""
