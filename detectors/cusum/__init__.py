"""Cumulative sums: of transformed counts, and of positives among tests."""
