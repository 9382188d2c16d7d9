"""The proof file read after docs/formats/certificate.md, by nothing of the product's code."""

import base64


def parts(proof):
    """Statement, key id and signature."""
    statement, _, rest = proof.partition(b"key_id=")
    key_id, _, signature = rest.decode().partition("\nsignature=")
    return statement, key_id, signature.strip()


def raw_signature(text):
    return base64.urlsafe_b64decode(text + "==")
