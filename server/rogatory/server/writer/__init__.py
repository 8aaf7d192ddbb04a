# SPDX-License-Identifier: Apache-2.0
"""The writer: the one process that owns database, vault and log keys, and how the front reaches it.

``frames`` is the format on the socket pair, ``service`` the writer's loop, ``client`` the front's end, ``__main__`` the
process. The front starts it as a new program, never by fork, because gRPC does not survive one. Decides nothing itself.
"""
