"""The command line on an enterprise's machine: deposit, verify, open, audit. No Django, no settings, no database.

`midun deposit`, `midun verify`, `midun open` and `midun log audit` end here (docs/handbook/verifying.md). Uses only
`midun.lib` and the standard library; talks to the API of a platform through the proxy the environment names.
"""
