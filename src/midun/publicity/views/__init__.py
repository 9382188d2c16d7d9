"""Pages of publicity."""
