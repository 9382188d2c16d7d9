"""The inner loops, compiled by numba. Arrays in, counts out; no Python objects, no allocation by data's say-so."""
