"""Commands of the project's own house-keeping."""
