"""Kedro dataset types whose files appear whole or not at all.

The classes are imported by their full path in ``catalog.yml``; nothing heavy is imported here.
"""

from s3f_pipeline.catalog_types.arrays_dataset import ArraysDataset
from s3f_pipeline.catalog_types.atomic_dataset import AtomicDataset
from s3f_pipeline.catalog_types.bundle_dataset import BundleDataset
from s3f_pipeline.catalog_types.bytes_dataset import BytesDataset
from s3f_pipeline.catalog_types.comparisons_dataset import ComparisonsDataset
from s3f_pipeline.catalog_types.explained_runs_dataset import ExplainedRunsDataset
from s3f_pipeline.catalog_types.export_dataset import ExportDataset
from s3f_pipeline.catalog_types.file_dataset import FileDataset, UnusableFileError
from s3f_pipeline.catalog_types.finished_runs_dataset import FinishedRunsDataset
from s3f_pipeline.catalog_types.folder_dataset import FolderDataset
from s3f_pipeline.catalog_types.given_file_dataset import GivenFileDataset
from s3f_pipeline.catalog_types.image_store_dataset import ImageStoreDataset
from s3f_pipeline.catalog_types.keras_model_dataset import KerasModelDataset
from s3f_pipeline.catalog_types.pictures_dataset import PicturesDataset
from s3f_pipeline.catalog_types.salt_dataset import SaltDataset
from s3f_pipeline.catalog_types.scratch_folder_dataset import ScratchFolderDataset

__all__ = [
    "ArraysDataset",
    "AtomicDataset",
    "BundleDataset",
    "BytesDataset",
    "ComparisonsDataset",
    "ExplainedRunsDataset",
    "ExportDataset",
    "FileDataset",
    "FinishedRunsDataset",
    "FolderDataset",
    "GivenFileDataset",
    "ImageStoreDataset",
    "KerasModelDataset",
    "PicturesDataset",
    "SaltDataset",
    "ScratchFolderDataset",
    "UnusableFileError",
]
