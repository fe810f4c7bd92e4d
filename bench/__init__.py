"""Benchmarks of the shipped processes; each is run as ``python -m bench.NAME``, all of them as ``python -m bench``.

What they print is a ratio of two things measured in one run, taken in turns and repeated, with the smallest, the middle
and the largest value: a rate by itself says more about the machine than about the program. Results are checked before
a rate is believed. Nothing here fails for being slow.
"""
