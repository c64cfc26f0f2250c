"""Texts from data and from users, in Markdown that MLflow shows."""

import re

_SIGNS = re.compile(r"([\\`*\[\]|])")


def escape(text: str) -> str:
    """`text` shown as it is: no markup, no HTML, no script, in one line."""
    inert = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SIGNS.sub(r"\\\1", " ".join(inert.split()))
