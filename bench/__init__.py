"""The measured promises of the product (docs/benchmarks.md): each a ratio taken in the same run, never a timed test."""
