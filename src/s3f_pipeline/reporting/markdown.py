"""Tables in Markdown, and pages in which blocks between marks are made anew."""

import re
from collections.abc import Mapping, Sequence

from s3f_pipeline.errors import ResultsError
from s3f_pipeline.text import in_markdown, one_line

BLOCK = re.compile(r"(<!-- leaderboard: (?P<name>[^>]*?) -->\n)(?P<content>.*?)(<!-- end -->)", re.DOTALL)


def table(titles: Sequence[str], rows: Sequence[Sequence[str]], *, plain: bool = False) -> str:
    """A table; what stands in cells cannot break it.

    Args:
        titles: Of the columns.
        rows: Cells.
        plain: Whether cells are text, in which nothing is Markdown.
    """
    lines = [titles, ["---"] * len(titles), *rows]
    written = in_markdown if plain else _cell
    return "\n".join(f"| {' | '.join(map(written, line))} |" for line in lines)


def fill_blocks(page: str, blocks: Mapping[str, str]) -> str:
    """Put into each block of a page what belongs there.

    A block begins with a line ``<!-- leaderboard: <name> -->`` and ends with ``<!-- end -->``.

    Args:
        page: Markdown.
        blocks: Content by name.

    Raises:
        ResultsError: If the page names a block that does not exist, or has none.
    """
    if not BLOCK.search(page):
        raise ResultsError(
            "The page has no block to be filled: it needs a line '<!-- leaderboard: <name> -->' and a line "
            f"'<!-- end -->' after it. Names: {', '.join(blocks)}."
        )

    def filled(found: re.Match[str]) -> str:
        name = found["name"]
        if name not in blocks:
            raise ResultsError(f"There is no block '{name}' to fill. Names: {', '.join(blocks)}.")
        return f"{found[1]}{blocks[name]}\n{found[4]}"

    return BLOCK.sub(filled, page)


def _cell(text: str) -> str:
    return one_line(text).replace("\\", "\\\\").replace("|", "\\|")
