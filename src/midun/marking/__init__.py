"""副本登记: what an enterprise registers of its marked copies, by commitments only.

Nouns: IssueBatch (a registration file of `midun desk`, submitted, approved by a second person, put in the log),
IssuedCopy (one commitment of it, with acknowledgement, recall and destruction) and Disclosure (the opening of one
commitment, shown to the bureau that handles a claim).

Rules: no name, content or digest of a file arrives here unless its enterprise shows that one copy; only the enterprise
sees its batches, no bureau; what is shown opens one copy and tells nothing of the others; who submits does not approve;
a copy's history only grows; a trace report is checked against the commitments it opens.
"""
