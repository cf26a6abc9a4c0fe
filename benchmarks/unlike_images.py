"""What out-of-distribution scores and conformal sets are worth on real images, told from finished runs.

For each network: the AUC of telling the test images of its cohort from those of the other cohorts, and from
noise, by the out-of-distribution score, and the share that is flagged; and how often the sets of its test
images hold their class, beside the bounds that chance sets where the promise holds. Nothing is trained, and
nothing is decided on what comes out. Two tables in Markdown.

    python benchmarks/unlike_images.py --root data busi_64/spatial chest/spatial pneumoniamnist/spatial

Noise is of the size of the input: white, each pixel drawn by itself, and smooth, as white noise of an eighth
of the size that is enlarged.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import betabinom, binom
from sklearn.metrics import roc_auc_score

from s3f_pipeline.errors import S3FError
from s3f_pipeline.evaluation.predictions import probability_column
from s3f_pipeline.results import FinishedRun, find_runs

if TYPE_CHECKING:
    from s3f_pipeline.bundle.opening import Bundle

PROTOCOL = "patient_safe"
BATCH = 32
NOISE, SMOOTHNESS = 200, 8
CHANCE = 0.95
"""Probability that what chance does stays inside the bounds."""


def run_of(root: Path, name: str) -> FinishedRun:
    """The run of ``<cohort>/<variant>`` with the lowest seed."""
    cohort, variant = name.split("/")
    runs = find_runs(root, cohort=cohort, protocol=PROTOCOL, variant=variant)
    if not runs:
        raise SystemExit(f"{name}: no such run has finished below {root}. Run kedro run first.")
    return runs[0]


@dataclass(frozen=True)
class RawImages:
    """Test images of a cohort, as paths below a folder."""

    folder: Path
    paths: tuple[str, ...]

    @classmethod
    def of_test(cls, run: FinishedRun) -> "RawImages":
        """Those of the split that a run was made on."""
        prepared = run.root / "02_intermediate" / run.id.cohort
        acquired = json.loads((prepared / "acquisition.json").read_text(encoding="utf-8"))
        index = pd.read_parquet(prepared / "index.parquet")
        splits = run.splits()
        is_test = index["image_id"].isin(splits.loc[splits["split"] == "test", "image_id"])
        return cls(run.root / "01_raw" / acquired["folder"], tuple(index.loc[is_test, "path"]))

    def read(self, bundle: "Bundle") -> Iterator[NDArray[np.uint8]]:
        """As the network of a bundle takes them, by ingestion's own code."""
        from s3f_pipeline.images.sources import image_sources
        from s3f_pipeline.prediction.ensemble import Ensemble
        from s3f_pipeline.prediction.predict import make_reader

        reader = make_reader(Ensemble((bundle,)))
        for path, source in zip(self.paths, image_sources(self.folder, self.paths), strict=True):
            row = reader(source)
            if isinstance(row, str):
                raise SystemExit(f"{self.folder / path} cannot be read: {row}.")
            yield row.image


def noise(shape: tuple[int, int, int], smoothness: int) -> Iterator[NDArray[np.uint8]]:
    """Images of noise, uint8 (H, W, C)."""
    height, width, channels = shape
    rng = np.random.default_rng(0)
    rows, columns = (max(2, side // smoothness) for side in (height, width))
    for _ in range(NOISE):
        drawn = rng.integers(0, 256, (rows, columns, channels), np.uint8)
        yield cv2.resize(drawn, (width, height), interpolation=cv2.INTER_CUBIC).reshape(shape)


def scores(bundle: "Bundle", images: Iterator[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """Out-of-distribution scores, as a prediction writes them."""
    kept = list(images)
    batches = (np.stack(kept[start : start + BATCH]) for start in range(0, len(kept), BATCH))
    return np.concatenate(
        [bundle.neighbours.distances(bundle.network(one).features).score for one in batches]
    )


def unlike_rows(runs: Sequence[FinishedRun]) -> Iterator[tuple[object, ...]]:
    """Per network and kind of other images: how well these are told from its own test images."""
    from s3f_pipeline.bundle.opening import open_bundle

    raw = {run.id.cohort: RawImages.of_test(run) for run in runs}
    for run in runs:
        bundle = open_bundle(run.bundle_folder)
        own = scores(bundle, raw[run.id.cohort].read(bundle))
        border = bundle.preprocessing.references.flagged_from
        others = {name: images.read(bundle) for name, images in raw.items() if name != run.id.cohort}
        others["white noise"] = noise(bundle.preprocessing.input.shape, 1)
        others["smooth noise"] = noise(bundle.preprocessing.input.shape, SMOOTHNESS)
        yield run.id.cohort, "its own test images", len(own), "", share(own > border)
        for name, images in others.items():
            found = scores(bundle, images)
            is_other = np.repeat([0, 1], [len(own), len(found)])
            auc = roc_auc_score(is_other, np.concatenate([own, found]))
            yield run.id.cohort, name, len(found), f"{auc:.3f}", share(found > border)


def set_rows(runs: Sequence[FinishedRun]) -> Iterator[tuple[object, ...]]:
    """Per network, promise and class: how often sets hold the class of test images."""
    from s3f_pipeline.bundle.opening import open_bundle

    for run in runs:
        sets = open_bundle(run.bundle_folder).preprocessing.decisions.conformal
        if sets is None:
            continue
        table = run.predictions()
        for promise, cutoffs in (("all classes", sets.marginal), ("each class", sets.by_class)):
            borders = table["label"].map(
                {name: np.inf if one is None else one for name, one in cutoffs.items()}
            )
            held = 1 - probability_of_label(table) <= borders.astype(float)
            for name in ("all", *cutoffs):
                rows = table.assign(held=held)[(table["label"] == name) | (name == "all")]
                promised = promise == ("all classes" if name == "all" else "each class")
                yield run.id.cohort, promise, name, *coverage(rows, sets.level, promised=promised)


def probability_of_label(table: pd.DataFrame) -> pd.Series:
    """The probability that the network gives to the class that an image has."""
    columns = table["label"].map(probability_column)
    return pd.Series([table.at[row, column] for row, column in columns.items()], table.index)


def coverage(rows: pd.DataFrame, level: float, *, promised: bool) -> tuple[object, ...]:
    """Coverage on test images, groups weighing the same, and the bounds of chance if it is ``level``.

    Binomial: of the test groups alone. Beta-binomial: also of the validation groups that the cutoff is from
    (their coverage is Beta(k, n + 1 - k) for the k-th smallest of n scores).
    """
    test, validation = (rows[rows["split"] == split] for split in ("test", "validation"))
    found = test.groupby("group")["held"].mean().mean()
    groups, others = test["group"].nunique(), validation["group"].nunique()
    position = int(np.ceil(level * (others + 1) - 1e-9))
    counts = len(test), groups, f"{found:.3f}"
    if not promised or position > others:
        return *counts, "", "", "not promised" if not promised else "too few validation groups"
    ends = (1 - CHANCE) / 2, (1 + CHANCE) / 2
    alone = binom.ppf(ends, groups, level) / groups
    both = betabinom.ppf(ends, groups, position, others + 1 - position) / groups
    verdict = "no"
    if both[0] <= found <= both[1]:
        verdict = "yes" if alone[0] <= found <= alone[1] else "the wider ones"
    return *counts, between(alone), between(both), verdict


def between(ends: NDArray[np.float64]) -> str:
    """Two ends, as text."""
    return "{:.3f} to {:.3f}".format(*ends)


def share(flags: NDArray[np.bool_]) -> str:
    """A share, as text."""
    return f"{flags.mean():.1%}"


def table(*titles: str, rows: Iterator[tuple[object, ...]]) -> None:
    """Print a table in Markdown, line by line."""
    for line in (titles, ["---"] * len(titles), *rows):
        print(f"| {' | '.join(map(str, line))} |", flush=True)
    print()


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", nargs="+", metavar="cohort/variant")
    parser.add_argument("--root", type=Path, default=Path("data"))
    asked = parser.parse_args()
    try:
        runs = [run_of(asked.root, name) for name in asked.runs]
        table("network of", "other images", "images", "AUC", "flagged", rows=unlike_rows(runs))
        table(
            "network of", "cutoff for", "class", "test images", "groups", "coverage", "binomial",
            "with validation", "inside", rows=set_rows(runs),
        )  # fmt: skip
    except S3FError as error:
        raise SystemExit(error.format_message()) from error


if __name__ == "__main__":
    main()
