# SPDX-License-Identifier: Apache-2.0
"""The benchmark: what a logged, signed statement costs beside a bare echo of the same sizes.

Run it with ``make bench``; docs/benchmarks.md says what each row means. Nothing of it ships in the package. A figure here
is a ratio within one run, since machines and their other load differ; none is a promise.
"""
