"""The machine-readable, signed label of a secret document (docs/formats/label.md).

`grades` the words, `model` what a label says, `canonical` its one text, `signing` Ed25519 and SM2, `change` what a
weakening needs, `microsoft` the properties other label tools read; `midun.lib.marking.documents` puts it into files.
"""
