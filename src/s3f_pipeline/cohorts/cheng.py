"""Brain tumours in contrast-enhanced T1 MRI by Cheng (figshare 10.6084/m9.figshare.1512427).

As published: ``1.mat`` to ``3064.mat`` (MATLAB 7.3, which is HDF5), each with ``cjdata/{PID,label,image}``.
Or as images: ``metadata.csv`` (``image``, ``label``, ``patient_id``) with ``<class>/<patient>_<slice>.jpg``.

Ids that differ only by a trailing letter, such as MR050791 and MR050791B, count as one patient: the letters
seem to number examinations.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from s3f_pipeline.cohorts import table as own_table
from s3f_pipeline.cohorts.listing import COLUMNS, count_passed_over, files_below, some_of
from s3f_pipeline.config.schema import TableColumns
from s3f_pipeline.errors import CohortError

METADATA = "metadata.csv"
PATIENT = r"(.*?)[A-Za-z]?"
"""Of a whole id, the part that names the patient."""
LABELS = {1: "meningioma", 2: "glioma", 3: "pituitary"}
LONGEST = 256
"""Numbers that a patient id or a label can have."""
MAT = re.compile(r"(?:.*/)?(\d+)\.mat")


def list_files(folder: Path, classes: Sequence[str]) -> pd.DataFrame:
    """List every slice, of MATLAB files where there is no table.

    Args:
        folder: The raw folder.
        classes: Class names, those of ``LABELS``.

    Returns:
        The columns of every layout; ``subject`` is the patient id without a trailing letter.

    Raises:
        CohortError: If there are neither a table nor MATLAB files, or one of them cannot be read or
            contradicts the other files.
    """
    if (folder / METADATA).is_file():
        columns = TableColumns(
            file=METADATA, path="image", label="label", patient="patient_id", patient_pattern=PATIENT
        )
        return own_table.list_files(folder, classes, columns)
    files = files_below(folder)
    numbered = {path: found[1] for path in files if (found := MAT.fullmatch(path))}
    if not numbered:
        raise CohortError(
            f"{folder} has neither {METADATA} nor files 1.mat, 2.mat and so on. Unpack the zip files of "
            f"the data set into it."
        )
    facts = [_read(folder / path) for path in numbered]
    ids = own_table.named_patients(pd.Series([patient for patient, _ in facts], dtype="string"), PATIENT)
    labels = [label for _, label in facts]
    if unknown := set(labels) - set(classes):
        raise CohortError(
            f"{folder} has the classes {some_of(unknown)} too. Add them to the cohort's classes."
        )
    columns_of = dict(zip(COLUMNS, (list(numbered.values()), list(numbered), labels, ids, None), strict=True))
    table = pd.DataFrame(columns_of).astype("string")
    table.attrs["passed_over"] = count_passed_over(set(files) - set(numbered), lambda _: "other files")
    return table


def _read(path: Path) -> tuple[str, str]:
    """Read patient id and class of one file."""
    import h5py

    try:
        with h5py.File(path) as file:
            data: Any = file["cjdata"]
            facts = [data[name] for name in ("PID", "label")]
            if any(fact.size > LONGEST or fact.external or fact.is_virtual for fact in facts):
                raise ValueError("they are too long, or in another file")
            patient = "".join(chr(int(code)) for code in facts[0][()].ravel()).strip()
            label = int(facts[1][()].item())
    except (OSError, KeyError, TypeError, ValueError, AttributeError, RuntimeError, OverflowError) as error:
        raise CohortError(f"Cannot read patient and label of {path}: {error}. Get it again.") from error
    if not patient or label not in LABELS:
        raise CohortError(f"{path} has the patient '{patient}' and the label {label}. Get it again.")
    return patient, LABELS[label]
