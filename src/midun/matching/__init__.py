"""同一性比对 inside the platform: what enterprises hand in of their comparisons, and what bureaus compare.

Nouns: ComparisonProject (比对项目) with ProjectReports, Screening (线索筛查, a comparison report on a claim),
SealedSession (密封比对, two encrypted bundles compared in memory; only the report survives).

Rules: an enterprise's project holds digests, settings and shares, and titles of secret points only where it chose so,
never content (docs/formats/similarity-summary.md); of a report that a bureau attaches only the same is kept; a sealed
session's material is erased before its report is stored, and every look at the report stands in the trail; wherever a
share stands, the page says that the software states overlap and that 实质相同 is for the authority to find.
"""
