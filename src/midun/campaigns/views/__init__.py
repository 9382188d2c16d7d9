"""Pages of the service month, one module per concept."""
