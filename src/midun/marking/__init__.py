"""副本登记: what an enterprise registers of its marked copies, by commitments only.

Nouns: IssueBatch (a registration file of `midun desk`, submitted, approved by a second person, put in the log) and
IssuedCopy (one commitment of it, with acknowledgement, recall and destruction).

Rules: no name, content or digest of a file arrives here; only the enterprise sees its batches, no bureau; who submits
does not approve; a copy's history only grows; a trace report is checked against the commitments it opens.
"""
