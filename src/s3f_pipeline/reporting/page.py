"""Rendering of self-contained HTML pages."""

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from s3f_pipeline.credentials import hide_secrets
from s3f_pipeline.reporting.formats import FILTERS
from s3f_pipeline.text import one_line


def render_page(template: str, **values: Any) -> str:
    """Render a template of this room; text is escaped, whoever wrote it, and says no secret.

    Raises:
        jinja2.UndefinedError: If something that the page must show is missing.
    """
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("s3f_pipeline.reporting", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_fit_to_show,
    )
    environment.filters.update(FILTERS)
    return environment


def _fit_to_show(value: Any) -> Any:
    """Text as it may stand in a page; what macros have made is left as it is."""
    return one_line(hide_secrets(value)) if type(value) is str else value
