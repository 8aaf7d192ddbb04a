# SPDX-License-Identifier: Apache-2.0
"""Readers: rows out of files, for the scope check at both ends (architecture §7).

One module for each format and one table, ``registry``. A row whose moment cannot be read for certain has none, and the
scope check then says TIME_UNKNOWN: a reader never guesses a zone. Readers keep no content and judge nothing.
"""
