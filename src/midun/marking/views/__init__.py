"""Pages of the registration of copies."""
