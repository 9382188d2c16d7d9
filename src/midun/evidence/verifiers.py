"""The verifiers people keep: `verify.html`, one offline file made of the site's own scripts, and `verify.py`."""

import base64
import hashlib
import json
from functools import cache
from pathlib import Path

from django.template.loader import render_to_string

from midun.lib.bundle.single_file import verify_py
from midun.lib.bundle.verdict import SENTENCE_OF
from midun.lib.bundle.words import DEVELOPMENT_POLICY, SAY

SCRIPTS = ("hashes.js", "tlog.js", "opening.js", "signatures.js", "tokens.js", "bundle.js", "verify-page.js")
_STYLES = ("verify-alone.css", "verify.css")
_STATIC = Path(__file__).resolve().parent / "static" / "evidence"

__all__ = ["SCRIPTS", "verify_html", "verify_py", "words"]


def words() -> dict[str, object]:
    """The sentences of the verdict, for the scripts."""
    return {"say": SAY, "sentences": dict(SENTENCE_OF), "development": DEVELOPMENT_POLICY}


def _joined(names: tuple[str, ...]) -> str:
    return "\n".join((_STATIC / name).read_text(encoding="utf-8") for name in names)


def _source(text: str) -> str:
    """A CSP source expression for exactly this inline text."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def verify_html() -> bytes:
    """The bytes of `verify.html`; it may load nothing, and its policy lets only its own script run."""
    script, style = _joined(SCRIPTS), _joined(_STYLES)
    if "</script" in script or "</style" in style:
        raise ValueError("an inlined text would end its own element")
    policy = f"default-src 'none'; script-src {_source(script)}; style-src {_source(style)}; base-uri 'none'"
    text = json.dumps(words(), ensure_ascii=False).replace("<", "\\u003c")
    page = f"""<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>核验存证证明包（离线）</title>
<style>{style}</style>
<script type="application/json" id="vf-words">{text}</script>
</head>
<body>
<main>
<h1>核验存证证明包</h1>
{render_to_string("evidence/_verifier.html")}
</main>
<script>{script}</script>
</body>
</html>
"""
    return page.encode()
