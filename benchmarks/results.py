"""The tables of docs/results.md, from small files that experiments leave in docs/results/.

    python benchmarks/results.py collect --cohorts brisc_64,busi_64   # from data/ into docs/results/*.json
    python benchmarks/results.py tables                               # from there into docs/results.md

A file is one experiment: what it came to on the test images, and under which conditions. The page says which
tables it wants, each up to ``<!-- end -->``:

    <!-- table: <cohort> <protocol> <metric> -->
    <!-- pairs: <cohort> <protocol> <metric>: <network>-<network>, ... -->

Networks are compared seed by seed, so that differences are paired. Experiments of one table must agree in
split, images, image size and training. Under the published protocol each network may be trained as its own
source says; what differs stands below the table.
"""

import argparse
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import yaml
from scipy.stats import ttest_1samp

from s3f_pipeline.errors import ResultsError, S3FError
from s3f_pipeline.results import find_runs, require_equal
from s3f_pipeline.results.digest import Digest
from s3f_pipeline.results.identity import COMPARABLE

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "results"
PAGE = FOLDER.with_suffix(".md")
CONFIGURATION = FOLDER.parents[1] / "conf" / "base" / "parameters_variants.yml"
METRICS = ("accuracy", "macro_f1", "weighted_f1", "auc_macro")
VARIANTS = yaml.safe_load(CONFIGURATION.read_text(encoding="utf-8"))["variants"]
"""Their blocks, in the order of the tables."""
BLOCK = re.compile(
    r"(?P<head><!-- (?P<kind>table|pairs): (?P<cohort>\S+) (?P<protocol>\S+) (?P<metric>\w+)"
    r"(?:: (?P<pairs>.+?))? -->\n).*?(?P<tail><!-- end -->)",
    re.DOTALL,
)
Runs = dict[str, dict[int, Digest]]
"""Digests of runs by variant and seed."""


def collect(data: Path, cohorts: list[str]) -> None:
    """Write a digest of each finished run of some cohorts."""
    for cohort in cohorts:
        runs = find_runs(data, cohort=cohort)
        if not runs:
            print(f"{data}: no finished runs of {cohort}")
        for run in runs:
            if run.id.fold is not None or run.id.variant not in VARIANTS:
                print(f"{run.id.title}: no table has a row for it")
                continue
            ending = "_published" if run.id.protocol == "published" else ""
            name = f"{cohort}_{run.id.variant}{ending}_{run.id.folder}.json"
            Digest.from_run(run).write(FOLDER / name)
            print(name)


def read_runs(cohort: str, protocol: str) -> Runs:
    """Read the digests of one table, by variant and seed.

    Raises:
        ResultsError: If they cannot be compared.
    """
    runs: Runs = {variant: {} for variant in VARIANTS}
    digests = [Digest.read(path) for path in FOLDER.glob("*.json")]
    for run in sorted(digests, key=lambda run: run.seed):
        if (run.cohort, run.protocol) != (cohort, protocol):
            continue
        if run.variant not in VARIANTS or run.fold is not None:
            raise ResultsError(f"No table has a row for {run.id.title}.")
        runs[run.variant][run.seed] = run
    by_variant = [list(of_variant.values()) for of_variant in runs.values()]
    everything = [run for of_variant in by_variant for run in of_variant]
    _require_equal(everything, [name for name in COMPARABLE if name != "training"])
    for trained_alike in by_variant if protocol == "published" else [everything]:
        _require_equal(trained_alike, ["training"])
    return {variant: of_variant for variant, of_variant in runs.items() if of_variant}


def _require_equal(runs: list[Digest], names: list[str]) -> None:
    require_equal([(run.id, run.conditions) for run in runs], names, reason="stand in no table together")


def table(runs: Runs, metric: str) -> str:
    """Mean ± SD over seeds for each network, and its paired differences to the first one."""
    first = next(iter(runs))
    lines = _head("network", "parameters", "seeds", *METRICS, f"{metric} − {first}, by seed", "kept epochs")
    for variant, of_variant in runs.items():
        figures = [_mean_sd([getattr(run.test, name) for run in of_variant.values()]) for name in METRICS]
        values = differences(runs, variant, first, metric).values() if variant != first else ()
        seeds, epochs = zip(*((run.seed, run.selected_epoch) for run in of_variant.values()), strict=True)
        name = f"`{variant}`: {VARIANTS[variant]['title']}"
        parameters = f"{next(iter(of_variant.values())).parameters:,}"
        lines.append(_row(name, parameters, _listed(seeds), *figures, _signed(values), _listed(epochs)))
    any_run = next(iter(runs[first].values()))
    usual = any_run.training
    below = [f"{any_run.test.n} test images, at most {usual['epochs']} epochs."]
    for variant, of_variant in runs.items():
        if own := own_training(next(iter(of_variant.values())).training, usual):
            below.append(f"`{variant}` is trained with {own}.")
    commits = {run.git_commit[:7] for of_variant in runs.values() for run in of_variant.values()}
    devices = {run.device for of_variant in runs.values() for run in of_variant.values()}
    below.append(f"Code: {_listed(sorted(commits))}. Device: {'; '.join(sorted(devices))}.")
    return "\n".join([*lines, "", " ".join(below), ""])


def own_training(training: Mapping[str, Any], usual: Mapping[str, Any]) -> str:
    """What differs in one training from another: ``batch_size 32, augmentation crop 0.08``."""
    differing = []
    for key, value in training.items():
        if isinstance(value, dict):
            inner = own_training(value, usual[key])
            differing += [f"{key} {inner}"] if inner else []
        elif value != usual[key]:
            differing.append(f"{key} {value}")
    return ", ".join(differing)


def compare_pairs(runs: Runs, metric: str, pairs: list[tuple[str, str]]) -> str:
    """Mean paired difference of some pairs of networks over seeds, and what chance makes of it.

    The interval is the 95 % t-interval of one difference; p is that of the paired t-test times the number of
    pairs (Bonferroni), at most 1.
    """
    head = _head("difference", f"{metric}, mean", "95 % interval", f"p × {len(pairs)}", "by seed")
    rows = []
    for better, other in pairs:
        values = list(differences(runs, better, other, metric).values())
        if len(values) > 1:
            test = ttest_1samp(values, 0)
            low, high = test.confidence_interval(0.95)
            p = min(1, len(pairs) * float(test.pvalue))
            figures = (f"{mean(values):+.3f}", f"{low:+.3f} to {high:+.3f}", f"{p:.3f}", _signed(values))
            rows.append(_row(f"{better} − {other}", *figures))
    return "\n".join([*head, *rows, ""]) if rows else "No pairs yet.\n"


def differences(runs: Runs, variant: str, other: str, metric: str) -> dict[int, float]:
    """Test figures of one network minus those of another, for each seed that both have."""
    ours, theirs = runs.get(variant, {}), runs.get(other, {})
    return {
        seed: getattr(ours[seed].test, metric) - getattr(theirs[seed].test, metric)
        for seed in sorted(ours.keys() & theirs.keys())
    }


def write_block(found: re.Match[str]) -> str:
    """Fill one block of the page."""
    runs = read_runs(found["cohort"], found["protocol"])
    if not runs:
        body = "No results yet.\n"
    elif found["kind"] == "table":
        body = table(runs, found["metric"])
    else:
        names = [pair.strip().split("-") for pair in found["pairs"].split(",")]
        body = compare_pairs(runs, found["metric"], [(left, right) for left, right in names])
    return f"{found['head']}{body}{found['tail']}"


def _mean_sd(values: list[float]) -> str:
    return f"{mean(values):.3f} ± {stdev(values):.3f}" if len(values) > 1 else f"{values[0]:.3f}"


def _listed(values: Iterable[Any]) -> str:
    return ", ".join(map(str, values))


def _signed(values: Iterable[float]) -> str:
    return ", ".join(f"{value:+.3f}" for value in values)


def _head(*cells: str) -> list[str]:
    return [_row(*cells), "|---" * len(cells) + "|"]


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Collect, or write the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["collect", "tables"])
    parser.add_argument("--cohorts", default="brisc_64,busi_64")
    parser.add_argument("--data", type=Path, default=Path("data"))
    options = parser.parse_args()
    try:
        if options.what == "collect":
            collect(options.data, options.cohorts.split(","))
        else:
            page, blocks = BLOCK.subn(write_block, PAGE.read_text())
            PAGE.write_text(page)
            print(f"{PAGE}: {blocks} tables written")
    except S3FError as error:
        raise SystemExit(error.format_message()) from error


if __name__ == "__main__":
    main()
