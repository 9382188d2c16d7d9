"""Forms of people and organisations, by concept."""
