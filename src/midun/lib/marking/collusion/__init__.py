"""Copies made out of several copies: a traitor-tracing code and whom it accuses (docs/formats/marking-collusion.md)."""
