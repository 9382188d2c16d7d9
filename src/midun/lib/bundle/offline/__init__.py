"""The parts of `verify.py`: a second verifier that needs nothing but Python 3.8, in code of its own.

Nothing here may import what is not in the standard library of Python 3.8 or among these parts and
`bundle.container`; `bundle.single_file` joins them to one file. That they agree with `bundle.verifying` on every good
and every tampered bundle is what tests/lib/bundle shows. Names beginning with `_` are shared between parts only where
no two parts use the same.
"""
