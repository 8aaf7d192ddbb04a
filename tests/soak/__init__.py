# SPDX-License-Identifier: Apache-2.0
"""The long runs behind `make soak`. Not collected with the tests: only test_soak_parts.py here is one."""
