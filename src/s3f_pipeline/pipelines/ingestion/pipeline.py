"""Wiring of the ingestion."""

from functools import partial, update_wrapper

from kedro.pipeline import Pipeline, node, pipeline

from s3f_pipeline.config.schema import ImageStoreConfig
from s3f_pipeline.pipelines.ingestion.nodes import ingest_cohort


def create_pipeline(cohort: str, store: ImageStoreConfig, *, reads_header_patients: bool) -> Pipeline:
    """Build the ingestion of one cohort.

    The image store is written along and is no input: what ingestion makes does not depend on its size. The
    secret under which patient ids are hashed is an input, so that ingestion is done again if it is lost, only
    where it can be needed.
    """
    return pipeline(
        [
            node(
                update_wrapper(partial(ingest_cohort, store=store), ingest_cohort),
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
                outputs=["thumbnails", "index", "quality"],
                name="ingest",
            )
        ],
        namespace=cohort,
        tags="ingestion",
    )
