"""The tables of docs/results.md, from small files that experiments leave in docs/results/.

    python benchmarks/results.py collect --cohorts brisc_64,busi_64   # from data/ into docs/results/*.json
    python benchmarks/results.py tables                               # from there into docs/results.md

A file is one experiment: what it came to on the test images, and under which conditions. Tables stand between
``<!-- table: <cohort> <protocol> -->`` and ``<!-- end -->``; networks are compared with the first one, seed
by seed, so that differences are paired. Files of a table must agree in split, image size and epochs.
"""

import argparse
import json
import re
from pathlib import Path
from statistics import mean, stdev
from typing import Any

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "results"
PAGE = FOLDER.with_suffix(".md")
METRICS = ("accuracy", "macro_f1", "weighted_f1", "auc_macro")
CONDITIONS = ("splits_hash", "input_shape", "epochs")
"""What the experiments of one table must have in common."""
VARIANTS = ("spatial", "spectral", "concat", "bilinear", "gated", "spectral_compact", "spatial_wide",
            "random_filter", "resnet18", "medspectralnet", "medmamba")  # fmt: skip
"""In the order of the tables."""
TABLE = re.compile(r"(<!-- table: (\S+) (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)


def collect(data: Path, cohorts: list[str]) -> None:
    """Write a file for each finished experiment of some cohorts."""
    FOLDER.mkdir(exist_ok=True)
    for cohort in cohorts:
        for path in sorted((data / "08_reporting" / cohort).glob("*/*/seed-*/metrics.json")):
            run = path.parent.relative_to(data / "08_reporting")
            metrics = json.loads(path.read_text())
            training = json.loads((data / "06_models" / run / "training.json").read_text())
            ending = "_published" if metrics["protocol"] == "published" else ""
            name = f"{cohort}_{metrics['variant']}{ending}_{run.name}.json"
            (FOLDER / name).write_text(json.dumps(summarise(metrics, training), indent=1) + "\n")
            print(name)


def summarise(metrics: dict[str, Any], training: dict[str, Any]) -> dict[str, Any]:
    """What is worth keeping of an experiment."""
    if metrics["synthetic"]:
        raise SystemExit(f"{metrics['cohort']}: phantoms have no results")
    kept = ("cohort", "protocol", "variant", "seed", "fold", "guarantee", "selected_on_test", "splits_hash")
    of_training = ("input_shape", "parameters", "selected_epoch", "epochs_run", "seconds", "precision")
    figures = (*METRICS, "n", "loss", "balanced_accuracy", "kappa", "mcc")
    return {
        **{key: metrics[key] for key in kept},
        **{key: training[key] for key in (*of_training, "backend", "device", "git_commit")},
        "epochs": training["config"]["training"]["epochs"],
        "training": training["config"]["training"],
        **{
            split: {key: metrics[split][key] for key in figures}
            for split in ("validation", "test")
            if split in metrics
        },
    }


def table(cohort: str, protocol: str) -> str:
    """Mean ± SD over seeds for each network, and the paired difference to the first one."""
    results = [json.loads(path.read_text()) for path in sorted(FOLDER.glob(f"{cohort}_*.json"))]
    results = [r for r in results if (r["cohort"], r["protocol"]) == (cohort, protocol)]
    if not results:
        return "No results yet.\n"
    for condition in CONDITIONS:
        if len({json.dumps(result[condition]) for result in results}) > 1:
            raise SystemExit(f"{cohort} {protocol}: the files differ in {condition}")
    by_variant = {v: {r["seed"]: r for r in results if r["variant"] == v} for v in VARIANTS}
    by_variant = {variant: runs for variant, runs in by_variant.items() if runs}
    first = next(iter(by_variant))
    lines = [
        f"| network | parameters | seeds | {' | '.join(METRICS)} | accuracy − {first}, by seed |",
        "|---" * (len(METRICS) + 4) + "|",
    ]
    for variant, runs in by_variant.items():
        figures = [_mean_sd([run["test"][metric] for run in runs.values()]) for metric in METRICS]
        paired = [
            run["test"]["accuracy"] - by_variant[first][seed]["test"]["accuracy"]
            for seed, run in sorted(runs.items())
            if seed in by_variant[first]
        ]
        difference = "" if variant == first else _differences(paired)
        parameters = next(iter(runs.values()))["parameters"]
        seeds = ", ".join(map(str, sorted(runs)))
        lines.append(f"| {variant} | {parameters:,} | {seeds} | {' | '.join(figures)} | {difference} |")
    n = results[0]["test"]["n"]
    return "\n".join([*lines, "", f"{n} test images, at most {results[0]['epochs']} epochs.\n"])


def _mean_sd(values: list[float]) -> str:
    return f"{mean(values):.3f} ± {stdev(values):.3f}" if len(values) > 1 else f"{values[0]:.3f}"


def _differences(paired: list[float]) -> str:
    return f"{_mean_sd(paired)} ({', '.join(f'{value:+.3f}' for value in paired)})" if paired else ""


def write_tables() -> None:
    """Make every table of docs/results.md anew."""
    page = PAGE.read_text()
    PAGE.write_text(TABLE.sub(lambda found: f"{found[1]}{table(found[2], found[3])}{found[4]}", page))


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
        write_tables()


if __name__ == "__main__":
    main()
