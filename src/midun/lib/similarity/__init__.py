"""Is this our secret? Overlap of documents, source code and tables, by keyed fingerprints (同一性比对, 线索筛查).

Nouns: Document and Part (what a reader extracts), Key (secret of one enterprise), Fingerprints (keyed k-grams of a
part), Passage (a stretch of A aligned with a stretch of B), Index (fingerprints on disk), Comparison (all that a report
states). Rules: no content leaves through logs, errors or temporary files; a score is evidence in bits with the
false-positive rate measured on unrelated material, never a verdict: 实质相同 is for the authority to find.
Formats: docs/formats/similarity-*.md.
"""
