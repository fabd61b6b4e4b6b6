"""Plots as PNG: small, with words that say the same, readable on a white and on a black page.

They bring a background of their own, so no page's colour matters, and hold no script: an archived
notebook shows them as they were. Matplotlib is imported when the first one is drawn; its global
state (pyplot, a style that the user set) is neither used nor changed.
"""

from __future__ import annotations

import io
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from llmops_magics.views.markup import Markup, picture

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WIDTH_PX = 640
_DPI = 100
_SCALE = 2  # pixels a CSS pixel, for dense screens
_COLOURS = 64  # lines, bars and their soft edges: more would only make the file larger
PAPER = "#fbfbfd"
INK = "#24292f"
FAINT = "#d8dce3"
SOFT = "#667080"
BLUE, ORANGE, RED, LIGHT = "#2563c9", "#d97706", "#c92a2a", "#a9c4ee"
_MATPLOTLIB = ("matplotlib", "matplotlib.backends.backend_agg", "matplotlib.figure")
FONT = "DejaVu Sans"  # travels with Matplotlib, so a plot looks the same everywhere


class Plot(NamedTuple):
    """A drawn plot and its alternative text."""

    png: bytes
    words: str

    @property
    def html(self) -> Markup:
        """The plot for a view."""
        return picture(self.png, self.words, width=WIDTH_PX)


def draw(title: str, words: str, paint: Callable[[Any], None], *, height_px: int = 210) -> Plot:
    """Draw with ``paint``, which is given Matplotlib's axes; return the PNG with its words."""
    mpl, canvases, figures = map(import_module, _MATPLOTLIB)
    with mpl.rc_context(plain_settings(mpl)):
        size = (WIDTH_PX / _DPI, height_px / _DPI)
        figure = figures.Figure(size, dpi=_DPI * _SCALE, facecolor=PAPER, layout="constrained")
        figure.get_layout_engine().set(w_pad=0.1, h_pad=0.08)
        axes = figure.add_subplot(facecolor=PAPER)
        axes.set_title(title, loc="left", fontsize=9.5, color=INK, fontweight="bold")
        _dress(axes)
        paint(axes)
        canvas = canvases.FigureCanvasAgg(figure)
        canvas.draw()
        return Plot(_png(canvas.buffer_rgba()), words)


def time_ticks(axes: Any, labels: Sequence[str], most: int = 6) -> None:
    """Label the steps 0, 1, 2, … of the horizontal axis, at most so many of them."""
    every = max(1, -(-len(labels) // most))
    places = range(0, len(labels), every)
    axes.set_xticks(list(places), [labels[place] for place in places])
    axes.set_xlim(-0.6, max(len(labels), 2) - 0.4)


def _dress(axes: Any) -> None:
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(FAINT)
    axes.tick_params(length=0, labelsize=8, labelcolor=SOFT)
    axes.grid(axis="y", color=FAINT, linewidth=0.7)
    axes.set_axisbelow(True)


def plain_settings(mpl: Any) -> Any:
    """Return Matplotlib's own defaults: a user's style would not suit our paper."""
    kept = (
        "backend",
        "interactive",
        "toolbar",
        "timezone",
        "webagg",
        "savefig.directory",
        "date.epoch",
    )
    defaults = mpl.rcParamsDefault
    settings = {name: defaults[name] for name in defaults if not name.startswith(kept)}
    return settings | {"font.family": FONT, "text.parse_math": False}


def _png(pixels: Any) -> bytes:
    """Return a PNG of few colours and without metadata: the same plot gives the same bytes."""
    from PIL import Image

    image = Image.frombuffer("RGBA", pixels.shape[1::-1], bytes(pixels)).convert("RGB")
    few = image.quantize(_COLOURS, dither=Image.Dither.NONE)
    stream = io.BytesIO()
    few.save(stream, "PNG", optimize=True)
    return stream.getvalue()
