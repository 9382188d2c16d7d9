"""走访调研: a visit to an enterprise, what was learned, what was suggested and asked.

Nouns: Visit (who went where when, baseline figures as counts), Rate (derived from two counts), Baseline (底数, each
enterprise once). Rules: rates are never typed, only numerators and denominators; suggestions and claims raised in a
visit are entered with it in one transaction and live in `claims`; suggestions follow the visit when it is corrected,
voided or restored, claims go their own way because somebody waits for an answer.
"""
