"""Proof bundles: everything that shows a deposit without us, in one file (docs/formats/bundle.md).

`container` is the outer shape, `contents` what is inside, `verifying` the verdict. Built on `midun.lib.tlog` and
`midun.lib.timestamp`. No Django, no clock, no network.
"""
