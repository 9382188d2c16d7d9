"""Tests of the pure libraries."""
