# SPDX-License-Identifier: Apache-2.0
"""What tests share: the project's own files, vectors, clocks, keys, stores that fail. Small fakes, not mocks.

Import the modules; nothing is re-exported here.
"""
