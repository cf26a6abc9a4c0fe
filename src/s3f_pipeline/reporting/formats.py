"""How numbers and names are written in plots and report: one place, one way."""

from base64 import b64encode
from collections.abc import Sequence

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from s3f_pipeline.durations import duration
from s3f_pipeline.evaluation.names import metric_name
from s3f_pipeline.mappings import dotted
from s3f_pipeline.results.intervals import Interval

MISSING = "\N{EM DASH}"
FLAGGED = "\N{NO-BREAK SPACE}*"
SIGNS = {"png": b"\x89PNG", "jpeg": b"\xff\xd8"}
"""First bytes of pictures by kind."""


def count(value: int) -> str:
    """A whole number with thousands separators: 3443592 -> 3,443,592."""
    return f"{value:,}"


def many(number: int, thing: str) -> str:
    """A number of things: 1 image, 1,024 images."""
    return f"{count(number)} {thing}{'' if number == 1 else 's'}"


def ordinal(number: int) -> str:
    """A place in an order: 1st, 2nd, 3rd, 11th, 113th."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{count(number)}{ending}"


def percent(share: float) -> str:
    """A share in [0, 1] as a percentage with one decimal: 0.8125 -> 81.2 %."""
    return f"{100 * share:.1f}\N{NO-BREAK SPACE}%"


def score(value: float | None) -> str:
    """A metric with four decimals, as published tables have them; a dash for ``None``."""
    return MISSING if value is None else f"{value:.4f}"


def signed(value: float | None) -> str:
    """A difference with its sign and three decimals; a dash for ``None``."""
    if value is None:
        return MISSING
    text = f"{value:+.3f}"
    return text.replace("-", "\N{MINUS SIGN}") if float(text) else "0.000"


def chance(value: float | None) -> str:
    """A probability or p with as many decimals as matter: 0.034, < 0.001; a dash for ``None``."""
    if value is None:
        return MISSING
    if value < 0.001:
        return "<\N{NO-BREAK SPACE}0.001"
    return ">\N{NO-BREAK SPACE}0.999" if 0.999 < value < 1 else f"{value:.3f}"


def millions(value: int | None) -> str:
    """A large number in millions: 3443592 -> 3.4 M; a dash for ``None``."""
    return MISSING if value is None else f"{value / 1e6:,.1f}\N{NO-BREAK SPACE}M"


def gigabytes(value: int | None) -> str:
    """Bytes in gigabytes: 480 million -> 0.5 GB; a dash for ``None``."""
    return MISSING if value is None else f"{value / 1e9:,.1f}\N{NO-BREAK SPACE}GB"


def milliseconds(value: float | None) -> str:
    """Seconds in milliseconds: 0.0123 -> 12.3 ms; a dash for ``None``."""
    return MISSING if value is None else f"{1e3 * value:,.1f}\N{NO-BREAK SPACE}ms"


def interval(found: Interval | None) -> str:
    """The ends of an interval as ``score`` writes them, with a star if it is flagged; a dash for ``None``."""
    if found is None:
        return MISSING
    return f"{score(found.low)} to {score(found.high)}{FLAGGED if found.flag else ''}"


def percent_interval(found: Interval) -> str:
    """The ends of an interval of a share as percentages, with a star if it is flagged."""
    return f"{percent(found.low)} to {percent(found.high)}{FLAGGED if found.flag else ''}"


def listing(names: Sequence[str]) -> str:
    """Names as in a sentence: a, b and c."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def capitalize_first(text: str) -> str:
    """A text with a capital first letter; the others stay as they are."""
    return text[:1].upper() + text[1:]


def shape(sizes: Sequence[int | None]) -> str:
    """The sizes of a shape between multiplication signs, without the open (``None``) batch axis."""
    return " \N{MULTIPLICATION SIGN} ".join(str(size) for size in sizes if size is not None)


def picture_uri(picture: bytes) -> Markup:
    """A PNG, JPEG or SVG as the address of an image that lies inside the page.

    It is marked as safe: it has letters and digits alone, and to search megabytes of them for secrets takes
    minutes.
    """
    kind = next((kind for kind, sign in SIGNS.items() if picture.startswith(sign)), "svg+xml")
    return Markup(f"data:image/{kind};base64,{b64encode(picture).decode('ascii')}")


@pass_context
def class_title(context: Context, name: str) -> str:
    """What a page calls a class."""
    title: str = context["cohort"]["class_titles"].get(name, name)
    return title


FILTERS = {
    function.__name__: function
    for function in (
        class_title,
        count,
        many,
        percent,
        score,
        signed,
        chance,
        millions,
        gigabytes,
        milliseconds,
        interval,
        percent_interval,
        duration,
        listing,
        shape,
        capitalize_first,
        metric_name,
        picture_uri,
        dotted,
    )
}
