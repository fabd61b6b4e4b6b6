"""The executed notebook as one HTML page that opens anywhere: no kernel, network or script.

All that a notebook shows is untrusted. Two walls keep it in: an allow-list for tags, attributes
and styles, and a content security policy in the page that runs no script and loads nothing.
nbconvert's own sanitiser would escape headings, table heads, ``<details>`` and every style.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

TEMPLATE = """\
{%- extends 'lab/index.html.j2' -%}
{% block html_head_js %}
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:">
{% endblock %}
{% block html_head_js_mathjax %}{% endblock %}
{% block html_head_js_mermaidjs %}{% endblock %}
{% block jupyter_widgets %}{% endblock %}
"""
SHOWN = ("text/html", "text/markdown", "image/svg+xml", "image/png", "image/jpeg", "text/plain")
TAGS = frozenset(
    [
        "a",
        "abbr",
        "b",
        "blockquote",
        "br",
        "caption",
        "cite",
        "code",
        "col",
        "colgroup",
        "dd",
        "del",
        "details",
        "div",
        "dl",
        "dt",
        "em",
        "figcaption",
        "figure",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "img",
        "ins",
        "kbd",
        "li",
        "mark",
        "meter",
        "ol",
        "p",
        "pre",
        "progress",
        "q",
        "s",
        "samp",
        "section",
        "small",
        "span",
        "strong",
        "sub",
        "summary",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "time",
        "tr",
        "u",
        "ul",
        "var",
    ]
)


def _is_link(_tag: str, name: str, value: str) -> bool:
    return name == "href" and value.startswith(("https://", "http://", "mailto:", "#"))


def _is_embedded_image(_tag: str, name: str, value: str) -> bool:
    return name in ("alt", "width", "height") or (name == "src" and value.startswith("data:image/"))


ATTRIBUTES: dict[str, Any] = {
    "*": ["class", "style", "title", "role", "aria-label", "lang", "dir"],
    "a": _is_link,
    "col": ["span"],
    "colgroup": ["span"],
    "details": ["open"],
    "img": _is_embedded_image,
    "meter": ["value", "min", "max", "low", "high", "optimum"],
    "ol": ["start"],
    "progress": ["value", "max"],
    "td": ["colspan", "rowspan", "headers", "id"],
    "th": ["colspan", "rowspan", "headers", "id", "scope"],
    "time": ["datetime"],
    **{heading: ["id"] for heading in ("h1", "h2", "h3", "h4", "h5", "h6")},
}
STYLES = frozenset(
    [
        "align-items",
        "background",
        "background-color",
        "border",
        "border-bottom",
        "border-collapse",
        "border-color",
        "border-left",
        "border-radius",
        "border-right",
        "border-spacing",
        "border-style",
        "border-top",
        "border-width",
        "caption-side",
        "color",
        "color-scheme",
        "column-gap",
        "cursor",
        "display",
        "flex",
        "flex-wrap",
        "font",
        "font-family",
        "font-size",
        "font-style",
        "font-variant",
        "font-variant-numeric",
        "font-weight",
        "gap",
        "grid-template-columns",
        "height",
        "justify-content",
        "letter-spacing",
        "line-height",
        "list-style",
        "list-style-type",
        "margin",
        "margin-bottom",
        "margin-left",
        "margin-right",
        "margin-top",
        "max-height",
        "max-width",
        "min-width",
        "opacity",
        "overflow",
        "overflow-wrap",
        "overflow-x",
        "overflow-y",
        "padding",
        "padding-bottom",
        "padding-left",
        "padding-right",
        "padding-top",
        "row-gap",
        "table-layout",
        "text-align",
        "text-decoration",
        "text-indent",
        "text-overflow",
        "text-transform",
        "vertical-align",
        "white-space",
        "width",
        "word-break",
        "word-wrap",
    ]
)
# Not url(), image(), image-set(), …: an allowed property may not fetch a picture.
HARMLESS_CALLS = frozenset({"calc", "hsl", "hsla", "minmax", "repeat", "rgb", "rgba", "var"})
_CALLED = re.compile(r"(?<![\w-])([\w-]*+)\(")
_HIDES = re.compile(r"[\\@]|/\*")


def to_page(notebook: Any, title: str) -> str:
    """Render an executed notebook; the page holds everything it needs."""
    from nbconvert import HTMLExporter
    from traitlets.config import Config

    exporter = HTMLExporter(
        config=Config({"NbConvertBase": {"display_data_priority": list(SHOWN)}}),
        raw_template=TEMPLATE,
        sanitize_html=True,
        exclude_anchor_links=True,
        filters={"clean_html": clean},
    )
    page, _ = exporter.from_notebook_node(notebook, resources={"metadata": {"name": title}})
    return str(page)


def clean(html: Any) -> str:
    """Keep of untrusted HTML what can only be looked at; the rest is shown as text."""
    import bleach  # type: ignore[import-untyped]

    text = html.decode() if isinstance(html, bytes) else str(html)
    cleaned = bleach.clean(
        text,
        tags=TAGS,
        attributes=ATTRIBUTES,
        protocols=["http", "https", "mailto", "data"],
        css_sanitizer=_styles(),
    )
    return str(cleaned)


@cache
def _styles() -> Any:
    """Return bleach's sanitiser of styles; it looks at names alone, and a value may load."""
    from bleach.css_sanitizer import CSSSanitizer  # type: ignore[import-untyped]

    class Styles(CSSSanitizer):  # type: ignore[misc]  # bleach has no types
        """Leaves a style out altogether that names an address, or hides what it names."""

        def sanitize_css(self, style: str) -> str:
            called = {name.lower() for name in _CALLED.findall(style)}
            is_plain = called <= HARMLESS_CALLS and not _HIDES.search(style)
            return str(super().sanitize_css(style)) if is_plain else ""

    return Styles(allowed_css_properties=STYLES)
