"""Nodes of the export."""

from pathlib import Path
from tempfile import TemporaryDirectory

from s3f_pipeline.config.loader import current_loader
from s3f_pipeline.config.names import EXPORT, store_file
from s3f_pipeline.config.schema import ExportRequest
from s3f_pipeline.errors import ExportError
from s3f_pipeline.pipelines.finished import named_bundles


def export(request: ExportRequest, data_root: Path) -> dict[str, bytes]:
    """Export the network that a user names.

    Returns:
        The files of the folder.

    Raises:
        ExportError: If no network is named, or several are, or it cannot be exported.
        PredictionError: If there is no such network.
        BundleError: If its bundle is damaged.
    """
    from s3f_pipeline.bundle.opening import open_bundle
    from s3f_pipeline.export.folder import export_onnx
    from s3f_pipeline.export.images import images_to_compare

    if request.model is None:
        raise ExportError(
            f"model is not named. For example: kedro run{current_loader().env_option} --pipeline={EXPORT} "
            f'--params="model=brisc_bilinear,format=onnx"'
        )
    with TemporaryDirectory() as fetched:
        found = named_bundles(request.model, data_root / "06_models", Path(fetched))
        if len(found) > 1:
            raise ExportError(
                f"model={request.model} means {len(found)} networks, and each is exported by itself. Name "
                f"one, such as {request.model.partition(':')[0]}:{found[0].parent.name}."
            )
        bundle = open_bundle(found[0])
        says = bundle.preprocessing
        store = data_root / "03_primary" / says.trained_on.cohort / store_file(says.input.image_size)
        return export_onnx(bundle, images_to_compare(bundle, data_root, store))
