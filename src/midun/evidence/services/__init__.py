"""The acts of the evidence service, by concept: log, tenants and tokens, the platform's own deposits, checkpoints."""
