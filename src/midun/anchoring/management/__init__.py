"""Commands of anchoring."""
