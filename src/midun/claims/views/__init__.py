"""Pages of the claims ledger, split by who opens them."""
