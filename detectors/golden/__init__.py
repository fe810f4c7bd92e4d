"""Parity with R's surveillance: `python -m detectors.golden DIR` compares every method with recorded outputs.

A golden folder holds `series.csv.gz` (series_id, t from 1, date, count, population, state), `series_index.csv` (a row
a series, with its frequency and start), `configs.json` (R's control lists), `runs.csv` (how each run of R ended) and,
for each configuration, a `<config>.csv.gz` of outputs.
"""
