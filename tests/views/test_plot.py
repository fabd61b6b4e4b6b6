from __future__ import annotations

import io
import subprocess
import sys

import pytest
from metric_records import group, metrics

from llmops_magics.errors import UsageError
from llmops_magics.views.markup import picture
from llmops_magics.views.metrics_plot import calls_plot, cost_plot, latency_plot, plots
from llmops_magics.views.plot import PAPER, WIDTH_PX

PAYLOAD = '"><script>alert(1)</script>\u202e $\\frac{'


@pytest.mark.parametrize("drawn", [latency_plot, calls_plot, cost_plot])
def test_a_plot_is_a_small_png_on_paper_of_its_own(drawn):
    from PIL import Image

    made = drawn(metrics())
    assert len(made.png) < 30_000
    image = Image.open(io.BytesIO(made.png))
    assert image.width == 2 * WIDTH_PX
    paper = tuple(bytes.fromhex(PAPER[1:]))
    assert image.convert("RGB").getpixel((2, 2)) == pytest.approx(paper, abs=3)
    assert image.info.keys() <= {"dpi"}


def test_the_same_numbers_give_the_same_bytes():
    assert [p.png for p in plots(metrics())] == [p.png for p in plots(metrics())]


def test_the_users_own_style_neither_reaches_a_plot_nor_is_changed():
    import matplotlib as mpl

    plain = latency_plot(metrics()).png
    with mpl.rc_context({"lines.linewidth": 9, "font.size": 30, "text.usetex": True}):
        assert latency_plot(metrics()).png == plain
        assert mpl.rcParams["text.usetex"]


def test_a_hostile_name_is_drawn_and_described_as_it_is():
    made = cost_plot(metrics(PAYLOAD, models=(group(PAYLOAD),)))
    assert "<script>" not in made.html
    assert "&lt;U+202E&gt;" in made.html


def test_nothing_but_a_png_is_shown():
    with pytest.raises(UsageError, match="no image but a PNG"):
        picture(b"<svg onload=alert(1)>", "x", width=10)


def test_pyplot_is_not_imported_and_matplotlib_only_for_a_plot():
    code = (
        "import sys; sys.path.insert(0, 'tests/views')\n"
        "from metric_records import metrics\n"
        "from llmops_magics.views.metrics import metrics_html\n"
        "metrics_html(metrics()); print('matplotlib' in sys.modules)\n"
        "metrics_html(metrics(is_plotted=True))\n"
        "print('matplotlib' in sys.modules, 'matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True", "False"]
