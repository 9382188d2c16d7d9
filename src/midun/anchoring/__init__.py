"""见证与时间戳: what others say of the log's checkpoints, so that nobody has to believe the log.

Nouns: Witness (a party that cosigns what continues the log it has seen; a notary is one), Authority (a time-stamp
authority), Anchors (the configuration naming both), TimeStamp (a token that was verified), Coverage (what covers a
checkpoint), AnchorState (how a party is doing).

Rules: nothing is ever faked: what a witness or an authority has not given is shown as missing, asked for again with
growing pauses, and alarmed; every signature and token is verified before it is kept. The evidence service below asks
through `midun.evidence.anchored`. Files: docs/formats/anchors.md.
"""
