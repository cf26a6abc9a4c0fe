"""Wiring of the ingestion."""

from kedro.pipeline import Pipeline, node, pipeline

from s3f_pipeline.config.names import images_name
from s3f_pipeline.pipelines.ingestion.nodes import ingest_cohort


def create_pipeline(cohort: str, image_size: tuple[int, int], *, reads_header_patients: bool) -> Pipeline:
    """Build the ingestion of one cohort at one image size, (height, width).

    The secret under which patient ids are hashed is an input, so that ingestion is done again if it is lost,
    only where it can be needed.
    """
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
                    *(["patient_salt"] if reads_header_patients else []),
                ],
                outputs=["index", "quality", images_name(*image_size), "thumbnails"],
                name="ingest",
            )
        ],
        namespace=cohort,
        tags="ingestion",
    )
