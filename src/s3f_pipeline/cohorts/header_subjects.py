"""Patients and examinations that DICOM headers name."""

from typing import Any

import pandas as pd

from s3f_pipeline.identity import BY_HEADER, STUDY, components

UNREAL = {
    "largest": "patient, as files do whose ids were taken away: if that is no person",
    "largest_study": "examination, as files do whose ids were taken away: if that is none",
}


def read_headers(pseudonyms: pd.DataFrame) -> dict[str, pd.Series]:
    """Who is who by DICOM headers.

    Patients of equal id are told apart by the issuer of the id, if every file that has this id names one.
    Files are of one examination if a chain of equal studies and equal series leads from one to the other.

    Args:
        pseudonyms: As ``ingest`` returns them.

    Returns:
        ``subject_by_header`` (patient) and ``study`` (examination) of each image, null where unknown.
    """
    patient, of_any_issuer = pseudonyms["patient"], pseudonyms["patient_of_any_issuer"]
    without_issuer = patient[patient == of_any_issuer].dropna()
    uids = pseudonyms["study"].fillna(pseudonyms["series"])
    examination = uids.groupby(components(len(uids), pseudonyms["study"], pseudonyms["series"])).transform(
        "min"
    )
    return {
        BY_HEADER: patient.mask(of_any_issuer.isin(without_issuer), of_any_issuer),
        STUDY: examination.astype("string"),
    }


def describe_headers(
    is_dicom: pd.Series, patient: pd.Series, study: pd.Series, *, used: bool, beside: str | None
) -> dict[str, Any] | None:
    """Count whom the headers name.

    Args:
        is_dicom: Which images are DICOM files.
        patient: Of each image by its header, null where unknown.
        study: Examination of each image, likewise.
        used: Whether images are grouped by these ids.
        beside: The other ids by which they are grouped, ``None`` where there are none.

    Returns:
        ``header_ids`` of ``quality.json``, ``None`` without DICOM files: a ``message`` for people, null where
        headers name nobody; the numbers of ``patients``, of ``images`` whose header names one, of
        ``studies`` and ``images_with_study_alone``, of images ``without`` either; ``largest`` and
        ``largest_study``, the images of the patient and of the examination that has most;
        ``images_with_study``; and whether ids are ``used``.
    """
    if not is_dicom.any():
        return None
    alone = patient.isna() & study.notna()
    found = {
        "patients": int(patient.nunique()),
        "images": int(patient.notna().sum()),
        "studies": int(study[alone].nunique()),
        "images_with_study_alone": int(alone.sum()),
        "images_with_study": int(study.notna().sum()),
        "without": int((is_dicom & patient.isna() & study.isna()).sum()),
        "largest": _largest(patient),
        "largest_study": _largest(study),
        "used": used,
    }
    return found | {"message": _message(found, beside)}


def header_warnings(found: dict[str, Any]) -> list[str]:
    """What a person should look at in the ids of headers.

    Args:
        found: As ``describe_headers`` returns them.
    """
    counted = {"largest": found["images"], "largest_study": found["images_with_study"]}
    return [
        f"{found[kind]} of {images} DICOM files name one and the same {UNREAL[kind]}, set header_patients: "
        f"ignore"
        for kind, images in counted.items()
        if found["used"] and 1 < images < 2 * found[kind]
    ]


def _message(found: dict[str, Any], beside: str | None) -> str | None:
    """Say whom the headers name, and what is done with that."""
    told = []
    if found["images"]:
        told.append(f"{found['images']} DICOM files name {found['patients']} patients in their headers")
    if alone := found["images_with_study_alone"]:
        files = "others" if told else "DICOM files"
        told.append(f"{alone} {files} name no patient, but {found['studies']} examinations")
    if not told:
        return None
    if found["used"]:
        done = f"images are grouped by them{f' and by the {beside}' if beside else ''}"
    else:
        done = "these ids are not used (header_patients: use groups images by them)"
    return f"{'; '.join(told)}; {done}"


def _largest(ids: pd.Series) -> int:
    return int(ids.value_counts().max()) if ids.notna().any() else 0
