"""Commands of the evidence service."""
