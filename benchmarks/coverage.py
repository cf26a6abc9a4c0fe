"""How often the 95 % intervals of the evaluation hold the truth: the simulation that they were chosen by.

    python benchmarks/coverage.py > coverage.md
    python benchmarks/coverage.py --summary coverage.md

Groups are of one class; the scores of an image are those of its class, plus noise that the images of a group
share in part (correlation), and the probabilities their softmax. What is true is read off a very large data
set. A row per figure and setting, in Markdown: the share of data sets whose interval holds the truth, the
share that is flagged, the coverage of the unflagged ones, and of percentile and BCa intervals beside it.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import Pool
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, softmax

from s3f_pipeline.evaluation.blocks import class_block, overall_block
from s3f_pipeline.evaluation.intervals import percentile_interval
from s3f_pipeline.evaluation.replicates import replicate_figures
from s3f_pipeline.evaluation.resampling import group_strata, weights_with_itself
from s3f_pipeline.evaluation.sample import Sample

CONFIDENCE = 0.95
FIGURES = ("accuracy", "macro_f1", "auc_macro", "ece", "loss", "mcc", "per_class.1.recall")
SHARES = {2: (0.5, 0.5), 3: (0.6, 0.3, 0.1)}
NETWORKS = {"weak": (1.6, 2.2), "good": (2.6, 2.9), "overconfident": (1.6, 5.0)}
"""Distance between classes in standard deviations of the noise, and what scores are multiplied by."""
OTHERS = ("percentile", "BCa")
MOST_BLOCKS = 200


@dataclass(frozen=True)
class Setting:
    """What data sets are drawn from; groups have 1 to ``largest`` images."""

    groups: int
    largest: int
    correlation: float
    classes: int
    network: str


def settings(numbers: Sequence[int], correlations: Sequence[float]) -> Iterator[Setting]:
    """The grid; groups of one image have no correlation."""
    for groups in numbers:
        for largest, correlation in ((1, 0.0), *((20, correlation) for correlation in correlations)):
            for classes, network in ((3, "weak"), (2, "good"), (3, "good"), (3, "overconfident")):
                yield Setting(groups, largest, correlation, classes, network)


def draw(setting: Setting, rng: np.random.Generator) -> Sample:
    """One data set."""
    distance, sharpness = NETWORKS[setting.network]
    shares = SHARES[setting.classes]
    group_labels = np.repeat(
        np.arange(setting.classes), np.round(np.multiply(shares, setting.groups)).astype(int)
    )
    sizes = rng.integers(1, setting.largest + 1, len(group_labels))
    groups = np.repeat(np.arange(len(sizes)), sizes)
    labels = group_labels[groups]
    shared = rng.standard_normal((len(sizes), setting.classes))[groups]
    own = rng.standard_normal((len(labels), setting.classes))
    noise = np.sqrt(setting.correlation) * shared + np.sqrt(1 - setting.correlation) * own
    scores = distance * np.eye(setting.classes)[labels] + noise
    return Sample(labels, softmax(sharpness * scores, axis=1), groups)


def truth(setting: Setting) -> dict[str, float]:
    """The figures of a very large data set."""
    groups = 200_000 if setting.largest == 1 else 30_000
    large = draw(Setting(groups, *list(vars(setting).values())[1:]), np.random.default_rng(0))
    weights = np.ones((1, large.n_groups), np.int32)
    found = replicate_figures(large.labels, large.probabilities, large.groups, weights)
    return {name: float(found[name][0]) for name in FIGURES}


def ends(setting: Setting, seed: int, replicates: int) -> dict[str, tuple[float, ...]]:
    """Of each figure of one data set: low, high, whether flagged, and the ends of percentiles and of BCa."""
    sample = draw(setting, np.random.default_rng([seed, setting.groups, setting.largest]))
    drawn = weights_with_itself(sample.labels, sample.groups, replicates=replicates, seed=seed)
    weights = np.concatenate([drawn, jackknife_weights(sample, seed)])
    figures = replicate_figures(sample.labels, sample.probabilities, sample.groups, weights)
    kept = {name: values[: len(drawn)] for name, values in figures.items()}
    stated = overall_block(kept, sample, CONFIDENCE)["intervals"]
    recall = class_block(kept, sample, 1, CONFIDENCE)["intervals"]["recall"]
    stated["per_class.1.recall"] = recall
    return {
        name: (
            stated[name]["low"],
            stated[name]["high"],
            float(stated[name]["flag"] is not None),
            *percentile_interval(kept[name], CONFIDENCE),
            *bca_interval(kept[name], figures[name][len(drawn) :]),
        )
        for name in FIGURES
    }


def jackknife_weights(sample: Sample, seed: int) -> NDArray[np.int32]:
    """Weights that leave out one block of groups each; blocks of one where there are few groups."""
    rng = np.random.default_rng(seed)
    blocks = min(sample.n_groups, MOST_BLOCKS)
    order = np.lexsort((rng.permutation(sample.n_groups), group_strata(sample.labels, sample.groups)))
    block = np.empty(sample.n_groups, np.int64)
    block[order] = np.arange(sample.n_groups) % blocks
    return (block[None] != np.arange(blocks)[:, None]).astype(np.int32)


def bca_interval(values: NDArray[np.float64], left_out: NDArray[np.float64]) -> tuple[float, float]:
    """Bias-corrected and accelerated interval (Efron, JASA 82, 1987)."""
    below = (np.mean(values[1:] < values[0]) + np.mean(values[1:] <= values[0])) / 2
    bias = ndtri(np.clip(below, 1e-6, 1 - 1e-6))
    pull = np.nan_to_num(np.nanmean(left_out) - left_out)
    acceleration = (pull**3).sum() / max(6 * (pull**2).sum() ** 1.5, 1e-300)
    quantiles = bias + ndtri(np.array([1 - CONFIDENCE, 1 + CONFIDENCE]) / 2)
    low, high = np.quantile(
        values[1:], ndtr(bias + quantiles / np.maximum(1 - acceleration * quantiles, 1e-3))
    )
    return float(low), float(high)


def rows(
    setting: Setting, true: dict[str, float], found: list[dict[str, tuple[float, ...]]]
) -> Iterator[str]:
    """Lines of the table."""
    for name in FIGURES:
        low, high, flagged, *others = np.array([one[name] for one in found]).T
        holds = (low <= true[name]) & (true[name] <= high)
        percentile, bca = ((a <= true[name]) & (true[name] <= b) for a, b in (others[:2], others[2:]))
        clear = holds[flagged == 0]
        shown = f"1 to {setting.largest}" if setting.largest > 1 else "1"
        cells = [
            name, setting.groups, shown, setting.correlation, setting.classes, setting.network,
            f"{true[name]:.3f}", f"{holds.mean():.1%}", f"{flagged.mean():.0%}",
            f"{clear.mean():.1%}" if len(clear) else "—", f"{percentile.mean():.1%}", f"{bca.mean():.1%}",
        ]  # fmt: skip
        yield from _lines(*cells)


def summary(table: Path) -> Iterator[str]:
    """Lines of a table by figure and number of groups, from the table of all settings.

    Ranges over the settings in which most intervals are not flagged.
    """
    lines = [line.strip("| \n").split(" | ") for line in table.read_text(encoding="utf-8").splitlines()]
    found = pd.DataFrame(lines[2:], columns=lines[0])
    for name in ("coverage", "flagged", *OTHERS):
        found[name] = found[name].str.rstrip("%").astype(float)
    numbers = found["groups"].unique()
    yield from _lines("figure", *(f"{number} groups" for number in numbers), "percentile", "BCa")
    yield f"|{'---|' * (len(numbers) + 3)}"
    for figure, of_figure in found.groupby("figure", sort=False):
        flagged = of_figure["flagged"] >= 50
        cells = []
        for number in numbers:
            some = of_figure[of_figure["groups"] == number]
            few = int((some["flagged"] >= 50).sum())
            shown = _range(some.loc[some["flagged"] < 50, "coverage"])
            cells.append(f"{shown}{f' ({few} of {len(some)} flagged)' if few else ''}")
        yield from _lines(figure, *cells, *(_range(of_figure.loc[~flagged, name]) for name in OTHERS))


def _range(shares: pd.Series) -> str:
    return f"{shares.min():.0f} to {shares.max():.0f} %" if len(shares) else "—"


def _lines(*cells: object) -> Iterator[str]:
    yield f"| {' | '.join(map(str, cells))} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data-sets", type=int, default=200, help="per setting; half of it of 1000 groups")
    parser.add_argument("--replicates", type=int, default=400)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--groups", type=int, nargs="+", default=[50, 100, 300, 1000])
    parser.add_argument("--correlations", type=float, nargs="+", default=[0.0, 0.9])
    parser.add_argument("--summary", type=Path, help="a table that was printed before")
    chosen = parser.parse_args()
    if chosen.summary:
        print(*summary(chosen.summary), sep="\n")
        return
    titles = (
        "figure", "groups", "images of a group", "correlation", "classes", "network", "truth", "coverage",
        "flagged", "coverage, unflagged", "percentile", "BCa",
    )  # fmt: skip
    print(*_lines(*titles), f"|{'---|' * len(titles)}", sep="\n", flush=True)
    truths: dict[Setting, dict[str, float]] = {}
    with Pool(chosen.processes) as pool:
        for setting in settings(chosen.groups, chosen.correlations):
            kind = Setting(0, *list(vars(setting).values())[1:])
            if kind not in truths:
                truths[kind] = truth(kind)
            number = chosen.data_sets if setting.groups < 1000 else chosen.data_sets // 2
            tasks = [(setting, seed, chosen.replicates) for seed in range(number)]
            for row in rows(setting, truths[kind], pool.starmap(ends, tasks, chunksize=5)):
                print(row, flush=True)


if __name__ == "__main__":
    main()
