"""SM2 signatures and the SM3 hash (GM/T 0003, GM/T 0004), once for every library that needs them.

Libcrypto does the work where it passes a self-test, plain Python elsewhere. No Django, no clock, no network.
"""
