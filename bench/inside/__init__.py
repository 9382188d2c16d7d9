"""What runs in the product's own process: `python -m bench.inside TASK JSON` prints a line of JSON."""
