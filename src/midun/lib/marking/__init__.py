"""Electronic secret marking (电子密标): it tells whose copy a document is.

Pure library: no Django, no database, no network, no clock. Rooms:

- `keys`: the secret of an enterprise and everything derived from it
- `code`: 64-bit copy id → message with check and MAC → convolutional codeword (docs/formats/marking-code.md)
- `image`: the keyed pattern, its strength, embedding and blind detection (docs/formats/marking-image.md)
- `documents`: PDF, Office, text and source code (docs/formats/marking-documents.md)
- `label`: the signed, machine-readable label (docs/formats/label.md)

A detector answers with an authenticated id and a bound on the probability of a false one, or with nothing; never with
a guess.
"""
