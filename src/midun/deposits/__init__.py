"""存证 as an enterprise works with it: pages over the evidence service.

Nouns: Deposit and Project (研发过程) of `evidence`, source statement (来源说明, docs/formats/statement.md), HandOff
(移交公证, a list of deposits prepared for a notary with a check record to fill in).

Rules: files are digested, salted and committed in the browser; the page sends commitments and what the person chose to
show, nothing else; the opening is saved by the person before anything is sent; a stage is shown as it is, and what is
missing is said; no bureau sees an enterprise's deposits.

Seam: an inventory of secrets (level `inventory` in the layers, above this app) links a secret to a `Project` by its
uuid from its own side; nothing here knows of secrets.
"""
