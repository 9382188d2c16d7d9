"""Mechanisms that exist once and every domain app uses."""
