"""Results that are published with the project: docs/results/, and the blocks of docs/results.md.

    python benchmarks/publish.py collect --cohorts brisc_64,busi_64   # from data/ into docs/results/
    python benchmarks/publish.py page                                 # from there into docs/results.md

``collect`` takes a digest of each finished run, and the comparison of each cohort and protocol. ``page``
makes a leaderboard of these comparisons and fills the blocks of the page (``reporting/markdown.py``).
"""

import argparse
import shutil
from pathlib import Path

from s3f_pipeline.comparison.leaderboard import leaderboard
from s3f_pipeline.config.loader import current_loader
from s3f_pipeline.errors import ResultsError, S3FError
from s3f_pipeline.reporting.leaderboard import markdown_blocks
from s3f_pipeline.reporting.markdown import fill_blocks
from s3f_pipeline.results import find_runs
from s3f_pipeline.results.comparison import Comparison, find_comparisons
from s3f_pipeline.results.digest import Digest

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "results"
PAGE = FOLDER.with_suffix(".md")


def collect(data: Path, cohorts: list[str]) -> None:
    """Publish digests and comparisons of some cohorts.

    Raises:
        ResultsError: If a result is of phantoms, or of code in no commit.
    """
    for cohort in cohorts:
        for run in find_runs(data, cohort=cohort):
            ending = "_published" if run.id.protocol == "published" else ""
            name = f"{cohort}_{run.id.variant}{ending}_{run.id.folder}.json"
            Digest.from_run(run).write(FOLDER / name)
            print(name)
        for path in sorted((data / "08_reporting" / cohort).glob("*/comparison.json")):
            if Comparison.read(path).synthetic:
                raise ResultsError(f"{path} compares networks on phantoms, which have no results.")
            name = f"{cohort}_{path.parent.name}_comparison.json"
            shutil.copyfile(path, FOLDER / name)
            print(name)


def filled_page(page: str) -> str:
    """The page with every block made anew from the published comparisons."""
    found = leaderboard(find_comparisons(FOLDER), current_loader().parameter("leaderboard.cohorts"))
    return fill_blocks(page, markdown_blocks(found, f"{FOLDER.name}/"))


def main() -> None:
    """Collect, or fill the page."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["collect", "page"])
    parser.add_argument("--cohorts", default="brisc_64,busi_64")
    parser.add_argument("--data", type=Path, default=Path("data"))
    options = parser.parse_args()
    try:
        if options.what == "collect":
            collect(options.data, options.cohorts.split(","))
        else:
            PAGE.write_text(filled_page(PAGE.read_text()))
            print(PAGE)
    except S3FError as error:
        raise SystemExit(error.format_message()) from error


if __name__ == "__main__":
    main()
