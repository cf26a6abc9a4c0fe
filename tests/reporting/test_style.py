import re

import numpy as np
from matplotlib.figure import Figure

from s3f_pipeline.reporting.style import STYLE, figure_to_svg


def drawn():
    from matplotlib import rc_context

    with rc_context(STYLE):
        figure = Figure(figsize=(3, 2))
        figure.subplots().plot(np.arange(5), np.arange(5) ** 2, label="x")
        figure.axes[0].legend()
        return figure


def test_the_same_figure_gives_the_same_svg_that_refers_to_nothing_outside():
    first, second = figure_to_svg(drawn()), figure_to_svg(drawn())
    assert first == second
    text = first.decode()
    assert "<script" not in text
    assert all(link.startswith("#") for link in re.findall(r'href="([^"]+)"', text))
    assert "<dc:date>" not in text
    assert "<text" not in text
