# SPDX-License-Identifier: Apache-2.0
"""What surrounds every call: telemetry, errors, deadline, authorisation, limits, in this order from the outside.

Each is a guard: given a method and what runs it, a guard returns what runs it guarded. ``guarded.Guarded`` puts them round
all four kinds of RPC, so that none can be missed on a stream. Handlers inside hold no try and no policy.
"""
