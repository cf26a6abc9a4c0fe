"""Wiring of the resizing."""

from kedro.pipeline import Pipeline, node, pipeline

from s3f_pipeline.config.names import size_name
from s3f_pipeline.pipelines.resizing.nodes import resize_images

OF_COHORT = ("acquisition", "index", "raw_root", "image_folder")


def create_pipeline(cohort: str, image_size: tuple[int, int]) -> Pipeline:
    """Build the image store of one cohort at one image size, (height, width)."""
    return pipeline(
        [
            node(
                resize_images,
                inputs=["params:image_store", "params:ingestion", *OF_COHORT],
                outputs=["images", "image_checksums"],
                name="resize",
            )
        ],
        namespace=f"{cohort}.{size_name(image_size)}",
        inputs={name: f"{cohort}.{name}" for name in OF_COHORT},
        parameters={f"params:{name}": f"params:{cohort}.{name}" for name in ("image_store", "ingestion")},
        tags="resizing",
    )
