"""Wiring of the ingestion."""

from kedro.pipeline import Pipeline, node, pipeline

from s3f_pipeline.config.names import images_name
from s3f_pipeline.pipelines.ingestion.nodes import ingest_cohort


def create_pipeline(cohort: str, image_size: tuple[int, int]) -> Pipeline:
    """Build the ingestion of one cohort at one image size, (height, width)."""
    return pipeline(
        [
            node(
                ingest_cohort,
                inputs=[
                    "params:data",
                    "params:ingestion",
                    "acquisition",
                    "listing",
                    "raw_root",
                    "image_folder",
                    "thumbnail_folder",
                ],
                outputs=["index", "quality", images_name(*image_size), "thumbnails"],
                name="ingest",
            )
        ],
        namespace=cohort,
        tags="ingestion",
    )
