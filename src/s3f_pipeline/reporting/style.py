"""How all plots look, and how they become files."""

from io import BytesIO

from matplotlib import rc_context
from matplotlib.figure import Figure

from s3f_pipeline.text import one_line

# Okabe & Ito's palette without yellow: told apart by colour-blind readers, legible on white.
BLUE, ORANGE, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
SKY, AMBER, BLACK = "#56B4E9", "#E69F00", "#000000"
PALETTE = (BLUE, ORANGE, GREEN, PURPLE, SKY, AMBER, BLACK)
GUIDE, GRID = "#6B7280", "#E5E7EB"

STYLE = {
    "font.family": "DejaVu Sans",  # ships with matplotlib: the same letters on every machine
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "legend.fontsize": 10,
    "lines.linewidth": 1.8,
    "svg.fonttype": "path",  # no letter depends on the fonts of a reader
    "svg.hashsalt": "s3f-pipeline",  # of the ids in a file, else drawn at random
}
DOTS_PER_INCH = 160
LONGEST_NAME = 32
"""Characters of a class name, which matplotlib neither breaks nor shortens."""


def literal(name: str) -> str:
    """A name as matplotlib shows it letter by letter: it sets ``$…$`` as a formula and hides ``_…``.

    The middle of a long name is left out, as it would leave no room for the plot.
    """
    text = one_line(name)
    if len(text) > LONGEST_NAME:
        end = (LONGEST_NAME - 1) // 2
        text = f"{text[: LONGEST_NAME - 1 - end]}…{text[-end:]}"
    text = text.replace("$", r"\$")
    return f" {text}" if text.startswith("_") else text


@rc_context(STYLE)
def figure_to_svg(figure: Figure) -> bytes:
    """SVG of a figure; the same figure gives the same bytes, without date or metadata."""
    buffer = BytesIO()
    metadata = {"Date": None, "Creator": None, "Format": None, "Type": None}
    figure.savefig(buffer, format="svg", metadata=metadata)
    return buffer.getvalue()


@rc_context(STYLE)
def figure_to_png(figure: Figure) -> bytes:
    """PNG of a figure at 160 dpi; the same figure gives the same bytes, without metadata."""
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
    return buffer.getvalue()
