"""The table that says what one's own images show."""

import re
from typing import Annotated, Self

from pydantic import AfterValidator, model_validator

from s3f_pipeline.config.schema.fields import Block, PathInside


def _has_one_group(pattern: str) -> str:
    try:
        groups = re.compile(pattern).groups
    except re.error as error:
        raise ValueError(f"this is no regular expression: {error}") from error
    if groups != 1:
        raise ValueError("put parentheses around the part that names the patient, once")
    return pattern


PatientPattern = Annotated[str, AfterValidator(_has_one_group)]
"""A regular expression with one group, the part of an id or a name that names the patient."""


class TableColumns(Block):
    """Where the table is, and what its columns are called.

    Attributes:
        file: CSV or Parquet file in the raw folder.
        path: Column with the image's path, relative to the raw folder.
        label: Column with its class.
        patient: Column with a patient or lesion id, ``None`` where there is none.
        patient_pattern: Regular expression of whole ids, whose one group is the part that names the patient;
            ``(.*?)[A-Za-z]?`` leaves out a trailing letter. ``None``: all of it.
        split: Column with ``train``, ``validation`` (or ``val``) or ``test``, ``None`` where there is none.
        order: Column with numbers that tell in which order images were filed, ``None`` where there is none.
    """

    file: PathInside
    path: str = "path"
    label: str = "label"
    patient: str | None = None
    patient_pattern: PatientPattern | None = None
    split: str | None = None
    order: str | None = None

    @model_validator(mode="after")
    def _pattern_is_of_a_patient(self) -> Self:
        if self.patient_pattern is not None and self.patient is None:
            raise ValueError("patient_pattern needs patient, the column that it is applied to")
        return self
