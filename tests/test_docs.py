"""Links between pages of the documentation lead somewhere, and the README stays short."""

import re
from itertools import chain
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
PAGES = sorted(chain(PROJECT.glob("*.md"), PROJECT.glob("docs/**/*.md")))
CODE = re.compile(r"```.*?```|`[^`\n]*`|^    [^\n]*", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
LONGEST_README = 9_000


def anchors(page: Path) -> set[str]:
    """Anchors of a page's headings, as GitHub makes them; repeated ones are not told apart."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    words = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {word.replace(" ", "-") for word in words}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(PROJECT).as_posix())
def test_links_lead_somewhere(page):
    for path, anchor in LINK.findall(CODE.sub("", page.read_text(encoding="utf-8"))):
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name}: {path}"
        if anchor and target.suffix == ".md":
            assert anchor in anchors(target), f"{page.name}: {path}#{anchor}"


def test_readme_is_short():
    assert len((PROJECT / "README.md").read_bytes()) <= LONGEST_README


def test_every_page_is_in_the_index():
    index = (PROJECT / "docs/README.md").read_text(encoding="utf-8")
    pages = {path.name for path in PROJECT.glob("docs/*.md")} - {"README.md"}
    assert {name for name in pages if f"({name})" not in index} == set()
