"""Forms of units, enterprises and records, by concept."""
