"""Marks against what happens to leaked copies, beside the peers (`python -m bench marking`)."""
