"""The files of an exported network."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

import numpy as np

from s3f_pipeline.bundle.card import without_references
from s3f_pipeline.bundle.contents import CARD, LICENCE, MODEL, PREPROCESSING, VERSION_KEY
from s3f_pipeline.bundle.example import Example
from s3f_pipeline.bundle.opening import Bundle
from s3f_pipeline.bundle.preprocessing import InputFormat
from s3f_pipeline.export.comparison import Equality, ImagesToCompare, compare
from s3f_pipeline.export.conversion import (
    OUTPUT,
    PACKAGES,
    convert,
    opset_of,
    require_converter,
)
from s3f_pipeline.files import sha256_of
from s3f_pipeline.origins import package_versions

ONNX, RECORD, SCRIPT = "model.onnx", "export.json", "predict.py"
MADE_WITH = ("s3f-pipeline", "keras", "tensorflow", *PACKAGES)
HERE = """
## This folder

`{onnx}` takes float32 images in [0, 1] of shape (n, {height}, {width}, {channels}) as `images`, and gives
`{output}` of shape (n, {classes}). It was compared with the trained network in Keras, computed in 32 bits, on
{equality.origin}: no probability differs by more than {equality.largest_difference:.1e}{as_trained}.
`python {script} image.png` needs onnxruntime, OpenCV and NumPy alone. What recognises images that are unlike
those of training, or among them, is in the bundle and not here.
"""


@dataclass(frozen=True)
class ExportRecord:
    """Content of ``export.json``.

    Attributes:
        VERSION: Of the fields.
        name: Of the experiment.
        network: Name for ``build_model``.
        format: Always ``onnx``.
        opset: Version of the operations that the file is made of.
        precision_of_training: Keras' policy; the exported network computes in float32.
        equality: How far it is from the trained network.
        input: How a raw image becomes an input, as ``preprocessing.json`` says.
        bundle: Checksum of the bundle that it was made of.
        sha256: Of the network of Keras, of the exported one, and of ``preprocessing.json``.
        versions: Of the packages that made it.
    """

    VERSION: ClassVar[int] = 1

    name: str
    network: str
    format: str
    opset: int
    precision_of_training: str
    equality: Equality
    input: InputFormat
    bundle: str
    sha256: Mapping[str, str]
    versions: Mapping[str, str]

    def to_json(self) -> bytes:
        """Content of the file."""
        content = {VERSION_KEY: self.VERSION, **asdict(self)}
        return (json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def export_onnx(bundle: Bundle, images: ImagesToCompare) -> dict[str, bytes]:
    """Export the network of a bundle, and compare it with what it was made of.

    Args:
        bundle: That was opened.
        images: To compare on.

    Returns:
        Content by path in the folder, without checksums.

    Raises:
        ExportError: If packages are missing, the network cannot be exported, or the exported one differs.
        S3FError: As ``Bundle.network``.
    """
    require_converter()
    from s3f_pipeline.models.float32 import in_float32
    from s3f_pipeline.training.prediction import Predictor

    says = bundle.preprocessing
    as_trained = bundle.network(images.pixels).probabilities
    model = in_float32(bundle.load_model())
    with TemporaryDirectory() as folder:
        path = Path(folder) / ONNX
        exported = convert(model, path)
        equality = compare(exported, Predictor(model).probabilities, as_trained, images)
        (expected,) = exported(bundle.example.image[None].astype(np.float32) / np.float32(255))
        record = ExportRecord(
            name=says.name,
            network=says.network,
            format="onnx",
            opset=opset_of(path),
            precision_of_training=says.precision,
            equality=equality,
            input=says.input,
            bundle=bundle.checksum,
            sha256={
                MODEL: sha256_of(bundle.folder / MODEL),
                ONNX: sha256_of(path),
                PREPROCESSING: sha256_of(bundle.folder / PREPROCESSING),
            },
            versions=package_versions(MADE_WITH),
        )
        network = path.read_bytes()
    example = Example(bundle.example.image, dict(zip(says.classes, expected.tolist(), strict=True)))
    return {
        ONNX: network,
        RECORD: record.to_json(),
        CARD: _card(bundle, equality).encode(),
        SCRIPT: Path(__file__).with_name(SCRIPT).read_bytes(),
        **{name: (bundle.folder / name).read_bytes() for name in (PREPROCESSING, LICENCE)},
        **example.files(),
    }


def _card(bundle: Bundle, equality: Equality) -> str:
    says = bundle.preprocessing
    height, width, channels = says.input.shape
    card = (bundle.folder / CARD).read_text(encoding="utf-8")
    card = card.replace("\nlibrary_name: keras\n", "\nlibrary_name: onnx\n", 1)
    as_trained = (
        ""
        if says.precision == "float32"
        else f", and none by more than {equality.largest_difference_as_trained:.1e} from the network as it "
        f"was trained, in {says.precision}"
    )
    return without_references(card, says) + HERE.format(
        onnx=ONNX, height=height, width=width, channels=channels, output=OUTPUT, classes=len(says.classes),
        equality=equality, as_trained=as_trained, script=SCRIPT,
    )  # fmt: skip
