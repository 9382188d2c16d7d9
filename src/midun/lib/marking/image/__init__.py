"""The image mark: pattern, strength, embedding, blind detection (docs/formats/marking-image.md)."""
