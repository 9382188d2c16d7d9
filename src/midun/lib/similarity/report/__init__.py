"""Comparison reports: one set of facts (JSON, `midun-comparison/1`), shown as HTML and as PDF."""
