"""A standalone HTML page around a view: no script, nothing loaded, light and dark."""

from __future__ import annotations

from html import escape

from llmops_magics.views.markup import Markup, text, visible

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>{title}</title>
</head>
<body style="font-family:system-ui,sans-serif;max-width:1280px;margin:24px auto;padding:0 16px">
{body}
</body>
</html>
"""


def html_document(title: str, body: Markup) -> str:
    """Return a whole page. A body that is not Markup is escaped."""
    return _PAGE.format(title=escape(visible(title)), body=text(body))
