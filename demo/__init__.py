# SPDX-License-Identifier: Apache-2.0
"""The demo: the whole life of a request, through the real server and the real commands.

Run it with ``make demo``. It is a story for a reader and a measurement in one; nothing of it ships in the package, and
everybody and everything in it is invented.
"""
