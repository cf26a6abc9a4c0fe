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
import json
import re
from collections.abc import Iterable
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import yaml
from scipy.stats import ttest_1samp

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "results"
PAGE = FOLDER.with_suffix(".md")
CONFIGURATION = FOLDER.parents[1] / "conf" / "base" / "parameters_variants.yml"
METRICS = ("accuracy", "macro_f1", "weighted_f1", "auc_macro")
IDENTITY = (
    "cohort",
    "protocol",
    "variant",
    "seed",
    "fold",
    "selected_on_test",
    "selected_epoch",
    "splits_hash",
)
"""What the metrics and the training of one experiment must both say."""
CONDITIONS = (
    "splits_hash",
    "data_hash",
    "input_shape",
    "precision",
    "backend",
    "selected_on_test",
)
"""What the experiments of one table must have in common."""
VARIANTS = yaml.safe_load(CONFIGURATION.read_text(encoding="utf-8"))["variants"]
"""Their blocks, in the order of the tables."""
BLOCK = re.compile(
    r"(?P<head><!-- (?P<kind>table|pairs): (?P<cohort>\S+) (?P<protocol>\S+) (?P<metric>\w+)"
    r"(?:: (?P<pairs>.+?))? -->\n).*?(?P<tail><!-- end -->)",
    re.DOTALL,
)
Runs = dict[str, dict[int, dict[str, Any]]]
"""Experiments by variant and seed."""


def collect(data: Path, cohorts: list[str]) -> None:
    """Write a file for each finished experiment of some cohorts."""
    FOLDER.mkdir(exist_ok=True)
    for cohort in cohorts:
        paths = sorted((data / "08_reporting" / cohort).glob("*/*/seed-*/metrics.json"))
        if not paths:
            print(f"{data / '08_reporting' / cohort}: no results")
        for path in paths:
            run = path.parent.relative_to(data / "08_reporting")
            model, output = data / "06_models" / run, data / "07_model_output" / run
            if (
                not (model / "training.record.json").is_file()
                or not (output / "evaluation.record.json").is_file()
            ):
                print(f"{run}: not finished")
                continue
            metrics = json.loads(path.read_text())
            if metrics["fold"] is not None or metrics["variant"] not in VARIANTS:
                print(f"{run}: no table has a row for it")
                continue
            experiment = summarise(metrics, json.loads((model / "training.json").read_text()))
            ending = "_published" if experiment["protocol"] == "published" else ""
            name = f"{cohort}_{experiment['variant']}{ending}_{run.name}.json"
            (FOLDER / name).write_text(json.dumps(experiment, indent=1) + "\n")
            print(name)


def summarise(metrics: dict[str, Any], training: dict[str, Any]) -> dict[str, Any]:
    """What is worth keeping of an experiment."""
    title = "{cohort} {protocol} {variant} seed {seed}".format_map(metrics)
    if metrics["synthetic"]:
        raise SystemExit(f"{title}: phantoms have no results")
    if training["git_dirty"]:
        raise SystemExit(f"{title}: trained with changes that are in no commit; commit them, train again")
    if differing := [key for key in IDENTITY if metrics[key] != training[key]]:
        raise SystemExit(f"{title}: metrics.json and training.json differ in {differing}; run it again")
    of_training = ("guarantee", "input_shape", "parameters", "epochs_run", "seconds", "precision", "backend",
                   "device", "data_hash", "git_commit", "git_dirty")  # fmt: skip
    return {
        **{key: metrics[key] for key in IDENTITY},
        **{key: training[key] for key in of_training},
        "training": training["config"]["training"],
        **{split: _figures(metrics[split]) for split in ("validation", "test") if split in metrics},
    }


def _figures(of_split: dict[str, Any]) -> dict[str, Any]:
    kept = (*METRICS, "n", "loss", "balanced_accuracy", "kappa", "mcc")
    recall = {name: figures["recall"] for name, figures in of_split["per_class"].items()}
    return {**{key: of_split[key] for key in kept}, "recall": recall}


def read_runs(cohort: str, protocol: str) -> Runs:
    """Read the experiments of one table, by variant and seed.

    Raises:
        SystemExit: If they cannot be compared.
    """
    title = f"{cohort} {protocol}"
    runs: Runs = {variant: {} for variant in VARIANTS}
    experiments = [(path.name, json.loads(path.read_text())) for path in FOLDER.glob("*.json")]
    for name, run in sorted(experiments, key=lambda named: named[1]["seed"]):
        if (run["cohort"], run["protocol"]) != (cohort, protocol):
            continue
        if run["variant"] not in VARIANTS or run["fold"] is not None:
            raise SystemExit(f"{title}: no table has a row for {name}")
        runs[run["variant"]][run["seed"]] = run
    everything = [run for of_variant in runs.values() for run in of_variant.values()]
    for condition in CONDITIONS:
        _refuse_differences(title, everything, condition)
    trained_alike = [list(of_variant.values()) for of_variant in runs.values()]
    for alike in trained_alike if protocol == "published" else [everything]:
        _refuse_differences(title, alike, "training")
    return {variant: of_variant for variant, of_variant in runs.items() if of_variant}


def _refuse_differences(title: str, experiments: list[dict[str, Any]], condition: str) -> None:
    if len({json.dumps(run[condition]) for run in experiments}) > 1:
        raise SystemExit(f"{title}: the experiments differ in {condition}")


def table(runs: Runs, metric: str) -> str:
    """Mean ± SD over seeds for each network, and its paired differences to the first one."""
    first = next(iter(runs))
    lines = _head("network", "parameters", "seeds", *METRICS, f"{metric} − {first}, by seed", "kept epochs")
    for variant, of_variant in runs.items():
        figures = [_mean_sd([run["test"][name] for run in of_variant.values()]) for name in METRICS]
        values = differences(runs, variant, first, metric).values() if variant != first else ()
        seeds, epochs = ([run[key] for run in of_variant.values()] for key in ("seed", "selected_epoch"))
        name = f"`{variant}`: {VARIANTS[variant]['title']}"
        parameters = f"{next(iter(of_variant.values()))['parameters']:,}"
        lines.append(_row(name, parameters, _listed(seeds), *figures, _signed(values), _listed(epochs)))
    any_run = next(iter(runs[first].values()))
    usual = any_run["training"]
    below = [f"{any_run['test']['n']} test images, at most {usual['epochs']} epochs."]
    for variant, of_variant in runs.items():
        if own := own_training(next(iter(of_variant.values()))["training"], usual):
            below.append(f"`{variant}` is trained with {own}.")
    commits = {run["git_commit"][:7] for of_variant in runs.values() for run in of_variant.values()}
    devices = {run["device"] for of_variant in runs.values() for run in of_variant.values()}
    below.append(f"Code: {_listed(sorted(commits))}. Device: {'; '.join(sorted(devices))}.")
    return "\n".join([*lines, "", " ".join(below), ""])


def own_training(training: dict[str, Any], usual: dict[str, Any]) -> str:
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
        seed: ours[seed]["test"][metric] - theirs[seed]["test"][metric]
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
    if options.what == "collect":
        collect(options.data, options.cohorts.split(","))
    else:
        page, blocks = BLOCK.subn(write_block, PAGE.read_text())
        PAGE.write_text(page)
        print(f"{PAGE}: {blocks} tables written")


if __name__ == "__main__":
    main()
