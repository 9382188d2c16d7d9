"""The acts of the service month, one module per concept."""
