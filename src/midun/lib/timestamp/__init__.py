"""Time-stamps (RFC 3161): requests, tokens, their verification offline, their renewal, and a development authority.

The bytes and rules are specified in `docs/formats/timestamp.md`. Tokens with P-256, RSA and SM2/SM3 keys. No Django,
no clock, no network: times are passed in and transports live elsewhere.
"""
