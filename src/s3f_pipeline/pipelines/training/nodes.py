"""Nodes of the training."""

import logging
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from s3f_pipeline.config.schema import ExperimentConfig
from s3f_pipeline.errors import ConfigError, TrainingError

if TYPE_CHECKING:
    from s3f_pipeline.training.estimate import Room

logger = logging.getLogger(__name__)
GIGABYTE = 1e9
LARGEST_OVERESTIMATE = 3
"""Estimates of memory came to 1.0 to 2.6 times what training took (ResNet-18, MedSpectralNet)."""
LESS_MEMORY = "Lower it by --params=training.batch_size=<n> or image_size=<n>."


def check_training(
    config: ExperimentConfig, index: pd.DataFrame, images: np.memmap, splits: pd.DataFrame
) -> None:
    """Refuse what cannot be trained on.

    Raises:
        ConfigError: If the epoch is to be chosen by a metric that this cohort does not have.
        ImageError: If the store is not that of the index.
        SplitError: If the splits are not those of the index, or a group stands on two sides.
    """
    from s3f_pipeline.images.store import check_store
    from s3f_pipeline.splits.checks import check_splits
    from s3f_pipeline.splits.rows import split_rows

    metric = config.training.selection_metric
    if metric == "positive_f1" and config.positive_class is None:
        raise ConfigError(
            f"training.selection_metric is positive_f1, but {config.cohort} has no positive_class. Choose "
            f"weighted_f1, macro_f1 or accuracy."
        )
    check_store(index, images, config.input_shape)
    check_splits(splits, leaks_by_design=config.protocol == "published")
    selection = split_rows(index, splits, config.selection_split, config.classes)
    if metric == "auc" and len(set(selection.labels)) < len(config.classes):
        raise ConfigError(
            f"training.selection_metric is auc, but not every class of {config.cohort} has "
            f"{config.selection_split} images. Choose weighted_f1, macro_f1 or accuracy."
        )


def train_network(
    config: ExperimentConfig,
    index: pd.DataFrame,
    images: np.memmap,
    splits: pd.DataFrame,
    state_folder: Path,
) -> tuple[Any, pd.DataFrame, dict[str, Any]]:
    """Build and train the network of one experiment.

    Returns:
        The network with the weights of the kept epoch, one row of figures per epoch, and the facts of
        ``training.json``.

    Raises:
        S3FError: As ``check_training``.
    """
    from s3f_pipeline.backend.determinism import make_deterministic
    from s3f_pipeline.backend.devices import backend_name, describe_device, describe_kernels, on_gpu
    from s3f_pipeline.backend.distribution import spread_batches
    from s3f_pipeline.backend.precision import use_precision
    from s3f_pipeline.models import build_model, summarise
    from s3f_pipeline.provenance import command_line, git_state, package_versions, table_hash
    from s3f_pipeline.splits.guarantee import guarantee_counts
    from s3f_pipeline.splits.rows import split_rows
    from s3f_pipeline.tracking.run import RUN
    from s3f_pipeline.training.augmentation import swapped_classes
    from s3f_pipeline.training.estimate import room_needed, time_needed
    from s3f_pipeline.training.fit import fit, memory_errors_explained
    from s3f_pipeline.training.state import StateFolder

    check_training(config, index, images, splits)
    if config.training.augmentation.flip != "none" and (sides := swapped_classes(config.classes)):
        logger.warning(
            "training.augmentation.flip is %s, but a mirrored image of %s shows its other side; labels stay.",
            config.training.augmentation.flip, ", ".join(sides),
        )  # fmt: skip
    training = split_rows(index, splits, "train", config.classes)
    selection = split_rows(index, splits, config.selection_split, config.classes)
    settings = config.training
    commit, dirty = git_state()
    with spread_batches(settings.distribution, settings.batch_size) as spread:
        precision = use_precision(settings.precision)
        deterministic = not on_gpu() if settings.deterministic == "auto" else settings.deterministic
        make_deterministic(config.seed, operations=deterministic)
        model = build_model(config.network, config.input_shape, config.outputs, **config.options)
        logger.info(
            "%s: %s parameters, on %s in %s (%s)",
            config.network, f"{model.count_params():,}", describe_device(),
            precision.policy, precision.reason,
        )  # fmt: skip
        folder = Path(str(images.filename)).parent
        room = room_needed(model, batch_size=settings.batch_size, devices=spread.devices)
        require_room(room, folder, shared_memory=not on_gpu())
        with memory_errors_explained(settings.batch_size):
            seconds = time_needed(
                model,
                images,
                batch_size=settings.batch_size,
                training_images=len(training.rows),
                selection_images=len(selection.rows),
                epochs=settings.epochs,
                devices=spread.devices,
            )
        tell_cost(seconds, room, settings.epochs, folder, shared_memory=not on_gpu())

        trained = fit(
            model,
            images,
            training,
            selection,
            config.classes,
            settings,
            seed=config.seed,
            positive_class=config.positive_class,
            report=RUN.log_epoch,
            states=StateFolder(state_folder),
            circumstances={
                "device": describe_device(),
                "kernels of the CPU": describe_kernels(),
                "number of devices": str(spread.devices),
                "precision": precision.policy,
            },
            spread=spread,
        )
    facts = {
        **config.model_dump(mode="json", include={"cohort", "protocol", "variant", "seed", "fold"}),
        **config.model_dump(mode="json", include={"classes", "selection_split"}),
        "guarantee": guarantee_counts(index, splits),
        "selected_on_test": config.selected_on_test,
        "selection_metric": settings.selection_metric,
        **trained.facts,
        "seconds": float(trained.history["seconds"].sum()),
        "parameters": model.count_params(),
        "input_shape": list(config.input_shape),
        "network": summarise(model),
        "precision": precision.policy,
        "backend": backend_name(),
        "device": describe_device(),
        "cpu_kernels": describe_kernels(),
        "replicas": spread.devices,
        "processes": spread.process.count,
        "deterministic": deterministic,
        "data_hash": table_hash(index, ["image_id", "sha256", "label"]),
        "splits_hash": table_hash(splits, ["image_id", "group", "split"]),
        "git_commit": commit,
        "git_dirty": dirty,
        "command": command_line(),
        "versions": package_versions(),
        "mlflow_run_id": RUN.run_id,
        "config": config.model_dump(mode="json"),
    }
    return trained.model, trained.history, facts


def require_room(room: "Room", folder: Path, *, shared_memory: bool) -> None:
    """Refuse what cannot be computed or saved.

    Args:
        room: What training needs.
        folder: On the disk that results go to.
        shared_memory: Whether the device computes in the memory of the machine, as a CPU does.

    Raises:
        TrainingError: If the disk has less room than the network's files take, or the machine less memory
            than training takes for certain.
    """
    import psutil

    memory = psutil.virtual_memory().total
    if shared_memory and room.memory > LARGEST_OVERESTIMATE * memory:
        raise TrainingError(
            f"Training takes about {room.memory / GIGABYTE:.1f} GB of memory, and this machine has "
            f"{memory / GIGABYTE:.1f} GB. {LESS_MEMORY}"
        )
    free_disk = shutil.disk_usage(folder).free
    if room.disk > free_disk:
        raise TrainingError(
            f"The disk of {folder} has {free_disk / GIGABYTE:.2f} GB free; the trained network takes about "
            f"{room.disk / GIGABYTE:.2f} GB. Make room first."
        )


def tell_cost(seconds: float, room: "Room", epochs: int, folder: Path, *, shared_memory: bool) -> None:
    """Log what training will take.

    Args:
        seconds: Of all epochs.
        room: What training needs.
        epochs: Most epochs there can be.
        folder: On the disk that results go to.
        shared_memory: Whether the device computes in the memory of the machine, as a CPU does.
    """
    import psutil

    from s3f_pipeline.training.callbacks import readable_duration

    free_memory = psutil.virtual_memory().available
    logger.info(
        "Estimate: about %s for %s once compiled; %.1f GB memory (%s), %.2f GB disk (%.1f GB free)",
        readable_duration(seconds), "1 epoch" if epochs == 1 else f"{epochs} epochs",
        room.memory / GIGABYTE, f"{free_memory / GIGABYTE:.1f} GB free" if shared_memory else "per GPU",
        room.disk / GIGABYTE, shutil.disk_usage(folder).free / GIGABYTE,
    )  # fmt: skip
    if shared_memory and room.memory > free_memory:
        logger.warning("Training may run out of memory. %s", LESS_MEMORY)
