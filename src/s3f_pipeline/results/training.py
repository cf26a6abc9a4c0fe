"""``training.json``: how a network was trained, on what, and by which code."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from s3f_pipeline.results.artefacts import Artefact
from s3f_pipeline.results.metrics import Guarantee


@dataclass(frozen=True)
class Overlap:
    """Test images that a network trained elsewhere may know from its official training images.

    Attributes:
        test_images: Of the split.
        official_training: Test images that are official training images themselves.
        twin: Others that have a twin among these.
        subject: Others of a patient, lesion or examination that is known from these.
    """

    test_images: int
    official_training: int
    twin: int
    subject: int


@dataclass(frozen=True)
class Imported:
    """Where a network is from that was trained elsewhere.

    Attributes:
        file: Name of the file.
        sha256: Of its bytes.
        keras_version: That wrote it, as it says.
        network: That it holds, a name for ``build_model``.
        overlap: With the official training images; ``None`` where it is not known which images trained it.
        why_unknown: Why not.
    """

    file: str
    sha256: str
    keras_version: str
    network: str
    overlap: Overlap | None
    why_unknown: str | None


@dataclass(frozen=True)
class TrainingFacts(Artefact):
    """Content of ``training.json``.

    Attributes:
        classes: Names in the order of the network's outputs.
        selection_split: Which split chose the epoch.
        guarantee: What the split keeps apart.
        epochs_run: Epochs that were trained; 0 if it was done elsewhere.
        selected_epoch: The one that was kept, counted from 1; 0 if that was done elsewhere.
        selected_value: Its ``selection_metric`` on the selection split; ``None`` if that is not known.
        stopped: Why training ended.
        class_weights: Weight of each class in the loss.
        seconds: Of all epochs.
        parameters: Of the network.
        input_shape: Height, width, channels.
        network: ``name``, ``type``, ``output_shape`` and ``parameters`` of each layer.
        precision: Keras' policy, such as ``mixed_bfloat16``.
        backend: Keras' backend.
        device: In one line, such as ``CPU (Intel Xeon, 2 cores)``.
        cpu_kernels: What computed on the CPU.
        replicas: Devices that shared each batch.
        processes: Processes that shared each batch.
        deterministic: Whether operations were.
        data_hash: Of images and labels.
        splits_hash: Of the split.
        git_commit: Of the code, ``unknown`` outside git.
        git_dirty: Whether tracked files differed from it.
        command: That started the run.
        versions: Of packages, by name.
        mlflow_run_id: ``None`` if MLflow has none.
        config: The experiment's configuration.
        imported: Where the network is from, if it was trained elsewhere.
    """

    VERSION: ClassVar[int] = 1

    cohort: str
    protocol: str
    variant: str
    seed: int
    fold: int | None
    classes: tuple[str, ...]
    selection_split: str
    guarantee: Guarantee
    selected_on_test: bool
    selection_metric: str
    epochs_run: int
    selected_epoch: int
    selected_value: float | None
    stopped: str
    class_weights: Mapping[str, float]
    seconds: float
    parameters: int
    input_shape: tuple[int, int, int]
    network: tuple[Mapping[str, Any], ...]
    precision: str
    backend: str
    device: str
    cpu_kernels: str
    replicas: int
    processes: int
    deterministic: bool
    data_hash: str
    splits_hash: str
    git_commit: str
    git_dirty: bool
    command: str
    versions: Mapping[str, str]
    mlflow_run_id: str | None
    config: Mapping[str, Any]
    imported: Imported | None = None
