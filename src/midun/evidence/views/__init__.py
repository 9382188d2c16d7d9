"""The views of the evidence service."""
