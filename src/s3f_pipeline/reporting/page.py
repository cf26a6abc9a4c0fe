"""Rendering of self-contained HTML pages."""

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from s3f_pipeline.reporting.formats import FILTERS


def render_page(template: str, **values: Any) -> str:
    """Render a template of this room; text is escaped, whoever wrote it.

    Raises:
        jinja2.UndefinedError: If something that the page must show is missing.
    """
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("s3f_pipeline.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(FILTERS)
    return environment
