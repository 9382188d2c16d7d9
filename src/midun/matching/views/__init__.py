"""Pages of comparison."""
