"""Whether our formulation learns as well as the plain one (``plain.py``): test accuracies over seeds.

Both train the same network on the same images, from the same protocol's splits, in the same batch order; ours
in the precision that the machine suggests. Needs prepared images:

    kedro run --pipeline=brisc_audit --params=image_size=64
    python benchmarks/accuracy.py [--network bilinear_sn1] [--seeds 0,1,2,3,4] [--epochs 12]

A result is a line in ``--results`` and is not computed again. The two formulations may run at the same time
(``--formulations plain`` beside ``--formulations ours``); printed is what there is when each ends.
"""

import argparse
import json
from math import sqrt
from pathlib import Path
from statistics import mean, stdev
from typing import Any

FORMULATIONS = ("plain", "ours")


def measure(formulation: str, seed: int, options: argparse.Namespace) -> dict[str, Any]:
    """Train one network, and measure its accuracy on the test images."""
    import numpy as np
    import pandas as pd
    from plain import build_plain

    from s3f_pipeline.backend.determinism import make_deterministic
    from s3f_pipeline.backend.precision import use_precision
    from s3f_pipeline.models import build_model
    from s3f_pipeline.recipe import TrainingSettings
    from s3f_pipeline.splits.rows import split_rows
    from s3f_pipeline.training.fit import fit
    from s3f_pipeline.training.prediction import Predictor

    index = pd.read_parquet(options.data / "02_intermediate" / options.cohort / "index.parquet")
    splits = pd.read_parquet(
        options.data / "05_model_input" / options.cohort / "patient_safe" / "splits.parquet"
    )
    store = options.data / "03_primary" / options.cohort / f"images_{options.size}x{options.size}.npy"
    images = np.load(store, mmap_mode="r")
    classes = sorted(index["label"].unique())
    train, validation, test = (
        split_rows(index, splits, split, classes) for split in ("train", "validation", "test")
    )

    policy = use_precision("auto" if formulation == "ours" else "float32").policy
    make_deterministic(seed, operations=formulation == "ours")
    build = build_plain if formulation == "plain" else build_model
    model = build(options.network, images.shape[1:], len(classes))
    settings = TrainingSettings(epochs=options.epochs)
    trained = fit(model, images, train, validation, classes, settings, seed=seed)
    predicted = Predictor(trained.model).of_rows(images, test.rows, 64).argmax(axis=1)
    return {
        "network": options.network,
        "cohort": options.cohort,
        "size": options.size,
        "epochs": options.epochs,
        "formulation": formulation,
        "precision": policy,
        "seed": seed,
        "accuracy": float((predicted == test.labels).mean()),
        "seconds": float(trained.history["seconds"].sum()),
    }


def summarise(results: list[dict[str, Any]]) -> None:
    """Print mean and standard deviation of each formulation, and how far apart they are."""
    accuracies = {
        name: [line["accuracy"] for line in results if line["formulation"] == name] for name in FORMULATIONS
    }
    for name, values in accuracies.items():
        if len(values) > 1:
            listed = ", ".join(f"{value:.4f}" for value in values)
            print(f"{name:5} {mean(values):.4f} ± {stdev(values):.4f} ({listed})")
    plain, ours = accuracies.values()
    if min(len(plain), len(ours)) > 1:
        error = sqrt(stdev(plain) ** 2 / len(plain) + stdev(ours) ** 2 / len(ours))
        difference = mean(ours) - mean(plain)
        print(f"difference {difference:+.4f}, {abs(difference) / error:.1f} standard errors (at most 2)")


def main() -> None:
    """Compute what is missing, and summarise."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--network", default="bilinear_sn1")
    parser.add_argument("--cohort", default="brisc")
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--seeds", default="0,1,2,3,4")
    parser.add_argument("--formulations", default=",".join(FORMULATIONS))
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--results", type=Path, default=Path("docs/results/formulations.jsonl"))
    options = parser.parse_args()
    options.results.parent.mkdir(parents=True, exist_ok=True)
    asked = {name: getattr(options, name) for name in ("network", "cohort", "size", "epochs")}

    def results() -> list[dict[str, Any]]:
        lines = options.results.read_text().splitlines() if options.results.exists() else []
        return [line for line in map(json.loads, lines) if asked.items() <= line.items()]

    for seed in map(int, options.seeds.split(",")):
        for formulation in options.formulations.split(","):
            if any((line["formulation"], line["seed"]) == (formulation, seed) for line in results()):
                continue
            line = json.dumps(measure(formulation, seed, options))
            print(line, flush=True)
            with options.results.open("a") as file:
                file.write(line + "\n")
    summarise(results())


if __name__ == "__main__":
    main()
