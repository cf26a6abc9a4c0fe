"""Trials of the options of the training (docs/training.md), on validation alone.

Each trial trains a network with one set of options, under the protocol ``patient_safe``, and is a small file;
one that is there is not computed again. No test image is predicted. Needs prepared images:

    kedro run --pipeline=brisc_64_audit
    python benchmarks/recipe.py --cohorts brisc_64 --variants spatial,bilinear --seeds 0,1,2
    python benchmarks/recipe.py --summary

The demo's phantoms: KEDRO_ENV=demo, and --data data/demo. Several processes may share the work by --trials.
"""

import argparse
import json
from collections import defaultdict
from dataclasses import asdict, replace
from itertools import product
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from s3f_pipeline.config.loader import current_loader
from s3f_pipeline.config.names import size_name
from s3f_pipeline.errors import S3FError
from s3f_pipeline.files import atomic_path
from s3f_pipeline.origins import git_state, table_hash
from s3f_pipeline.recipe import UNCHANGED, Augmentation, ExperimentConfig, TrainingSettings

RESULTS = Path(__file__).resolve().parents[1] / "docs" / "results" / "recipe"
OFF: dict[str, Any] = {
    "warmup_epochs": 0,
    "weight_decay": 0.0,
    "label_smoothing": 0.0,
    "ema": None,
    "batch_norm_statistics": "running",
    "batch_norm_momentum": None,
    "augmentation": UNCHANGED,
}
"""As published, whatever the configuration says."""
PROTOCOL = "patient_safe"
CURVES = ("loss", "accuracy", "selection_loss", "selection_accuracy", "selection_macro_f1")


def trials(flips: str) -> dict[str, dict[str, Any]]:
    """Options by the name of a trial; ``flips`` is what the cohort allows."""
    small = Augmentation(flip=flips, rotation=10.0, shift=0.05, brightness=0.1, contrast=0.1)  # type: ignore[arg-type]
    alone: dict[str, dict[str, Any]] = {
        "statistics": {"batch_norm_statistics": "re-estimated"},
        "momentum": {"batch_norm_momentum": 0.9},
        "augmentation": {"augmentation": small},
        "decay": {"weight_decay": 0.05},
        "smoothing": {"label_smoothing": 0.1},
        "warmup": {"warmup_epochs": 3},
        "ema": {"ema": 0.99},
    }
    re_estimated = alone["statistics"]
    pairs = {f"statistics-{name}": re_estimated | alone[name] for name in [*alone][2:]}
    everything = {key: value for name in alone if name != "momentum" for key, value in alone[name].items()}
    return {"published": {}, **alone, **pairs, "all": everything}


def run(config: ExperimentConfig, settings: TrainingSettings, seed: int, data: Path) -> dict[str, Any]:
    """Train one network, and say how it did on validation in each epoch."""
    import numpy as np
    import pandas as pd

    from s3f_pipeline.backend.determinism import make_deterministic
    from s3f_pipeline.backend.devices import describe_device, on_gpu
    from s3f_pipeline.backend.precision import use_precision
    from s3f_pipeline.evaluation.metrics import mean_auc
    from s3f_pipeline.models import build_model
    from s3f_pipeline.splits.rows import split_rows
    from s3f_pipeline.training.fit import fit
    from s3f_pipeline.training.prediction import Predictor

    index = pd.read_parquet(data / "02_intermediate" / config.cohort / "index.parquet")
    splits = pd.read_parquet(data / "05_model_input" / config.cohort / PROTOCOL / "splits.parquet")
    store = data / "03_primary" / config.cohort / f"images_{size_name(config.image_size)}.npy"
    images = np.load(store, mmap_mode="r")
    training, validation = (
        split_rows(index, splits, name, config.classes) for name in ("train", "validation")
    )
    policy = use_precision(settings.precision).policy
    make_deterministic(seed, operations=not on_gpu())
    model = build_model(config.network, config.input_shape, config.outputs, **config.options)
    trained = fit(
        model, images, training, validation, config.classes, settings, seed=seed,
        positive_class=config.positive_class,
    )  # fmt: skip
    probabilities = Predictor(trained.model).of_rows(images, validation.rows, settings.batch_size)
    right = probabilities.argmax(axis=1) == validation.labels
    history = trained.history.set_index("epoch")
    kept = history.loc[trained.facts["selected_epoch"]]
    return {
        "selected_epoch": trained.facts["selected_epoch"],
        "validation": {
            **{
                name.removeprefix("selection_"): kept[name]
                for name in history
                if name.startswith("selection_")
            },
            "auc": mean_auc(validation.labels, probabilities),
            "recall": {
                name: float(right[validation.labels == number].mean())
                for number, name in enumerate(config.classes)
            },
        },
        "curve": {name: history[name].round(5).tolist() for name in CURVES},
        "images": {"train": len(training.rows), "validation": len(validation.rows)},
        "splits_hash": table_hash(splits, ["image_id", "group", "split"]),
        "precision": policy,
        "device": describe_device(),
        "seconds": round(float(history["seconds"].sum()), 1),
    }


def make(options: argparse.Namespace) -> None:
    """Compute the trials that are asked for and are not there."""
    loader = current_loader()
    synthetic = loader.typed.phantoms is not None
    for cohort, variant, seed in product(options.cohorts, options.variants, map(int, options.seeds)):
        config = loader.experiment(cohort, PROTOCOL, variant)
        known = trials(loader.cohort(cohort).flips)
        for trial in options.trials or known:
            path = options.results / f"{cohort}_{variant}_{trial}_seed-{seed}.json"
            if path.exists():
                continue
            changes = OFF | known[trial] | ({"epochs": options.epochs} if options.epochs else {})
            settings = replace(config.training, **changes)
            commit, dirty = git_state()
            result = {
                **{
                    "cohort": cohort,
                    "variant": variant,
                    "trial": trial,
                    "seed": seed,
                    "synthetic": synthetic,
                },
                **run(config, settings, seed, options.data),
                **{"training": asdict(settings), "git_commit": commit, "git_dirty": dirty},
            }
            with atomic_path(path) as temporary:
                temporary.write_text(json.dumps(result, indent=1) + "\n")
            print(path.name, f"macro F1 {result['validation']['macro_f1']:.3f}", flush=True)


def summarise(folder: Path) -> None:
    """Print validation figures of each trial over its seeds, and how far from the published ones they are."""
    found = defaultdict(dict)
    for path in sorted(folder.glob("*.json")):
        result = json.loads(path.read_text())
        found[result["cohort"], result["variant"], result["trial"]][result["seed"]] = result["validation"]
    for (cohort, variant, trial), by_seed in found.items():
        published = found.get((cohort, variant, "published"), {})
        both = sorted(by_seed.keys() & published.keys())
        gains = [by_seed[seed]["macro_f1"] - published[seed]["macro_f1"] for seed in both]
        cells = [
            f"{name} {mean(values):.3f}" + (f" ± {stdev(values):.3f}" if len(values) > 1 else "")
            for name in ("macro_f1", "loss")
            for values in [[figures[name] for figures in by_seed.values()]]
        ]
        worst = min(min(figures["recall"].values()) for figures in by_seed.values())
        gain = f", macro_f1 {mean(gains):+.3f} over {len(gains)} seeds" if gains else ""
        print(f"{cohort} {variant} {trial}: {', '.join(cells)}, least recall {worst:.2f}{gain}")


def main() -> None:
    """Compute, or summarise."""

    def names(text: str) -> list[str]:
        return text.split(",")

    parser = argparse.ArgumentParser()
    parser.add_argument("--cohorts", type=names, default=["brisc_64"])
    parser.add_argument("--variants", type=names, default=["spatial", "bilinear"])
    parser.add_argument("--trials", type=names, help=", ".join(trials("none")))
    parser.add_argument("--seeds", type=names, default=["0", "1", "2"])
    parser.add_argument("--epochs", type=int, help="in place of the cohort's own")
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--summary", action="store_true")
    options = parser.parse_args()
    if unknown := set(options.trials or []) - set(trials("none")):
        parser.error(f"unknown trial {', '.join(sorted(unknown))}; known: {', '.join(trials('none'))}")
    options.results.mkdir(parents=True, exist_ok=True)
    try:
        if not options.summary:
            make(options)
    except S3FError as error:
        raise SystemExit(error.format_message()) from error
    summarise(options.results)


if __name__ == "__main__":
    main()
