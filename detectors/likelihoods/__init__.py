"""Distributions and regressions that several methods need."""
