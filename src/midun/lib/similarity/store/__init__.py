"""The index on disk: immutable segments, a manifest replaced atomically (docs/formats/similarity-index.md)."""
