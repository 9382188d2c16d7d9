"""Tests of the marking library."""
