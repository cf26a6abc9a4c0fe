"""Patients and examinations that DICOM headers name, beside those that a table or file names name."""

from typing import Any

import pandas as pd

from s3f_pipeline.cohorts.subjects import Subject

BY_HEADER = "subject_by_header"
STUDY = "study"
MOST_NAMED = 5
CONTRADICTIONS = {
    "several_ids_in_one": "ids of the table or the file names have several patients in the DICOM headers",
    "one_id_in_several": "patients of the DICOM headers have several ids in the table or the file names",
}


def join_header_ids(
    index: pd.DataFrame, pseudonyms: pd.DataFrame, *, subject: Subject, use: bool
) -> tuple[pd.DataFrame, dict[str, Any] | None]:
    """Put hashed ids of DICOM headers into the index.

    What a table or file names say of who is who wins; where they say nothing, the header says it. Headers
    that say otherwise stay beside it as another reading, by which images are grouped too. Patients of equal
    id are told apart by the issuer of the id, if every file that has this id names one.

    Args:
        index: With ``path``, ``subject``, ``format``.
        pseudonyms: As ``ingest`` returns them, in the order of ``index``.
        subject: What an id of the column ``subject`` stands for.
        use: Whether the ids of headers are used; if not, they are counted alone.

    Returns:
        The index and ``header_ids`` of ``quality.json``, ``None`` without DICOM files.

        The index has its column ``subject`` filled in with header ids where these say more. Columns are added
        where there is something to say: ``subject_by_header`` (patient), if it says other than, or more than,
        ``subject``; ``study`` (examination), for all images of examinations with an image whose patient is
        not known.

        ``header_ids`` has a ``message`` for people, null where headers name nobody. It counts ``patients``,
        ``images`` whose header names one, ``studies`` and ``images_with_study_alone``, images ``without``
        either, and ``largest``, the images of the patient who has most. It tells whether ids are ``used``,
        whether they stand ``beside_others`` of a table or of file names, and ``contradictions`` with these:
        ``several_ids_in_one`` (patient or lesion of the table) and ``one_id_in_several``, each with the
        number of ``ids`` and ``images``, and paths as ``examples``.
    """
    is_dicom = index["format"] == "DICOM"
    if not is_dicom.any():
        return index, None
    patient, study = _patients(pseudonyms), pseudonyms["study"]
    found = _count(patient[is_dicom], study[is_dicom])
    found |= {"used": use, "beside_others": bool(index["subject"].notna().any()), "contradictions": {}}
    found["message"] = _message(found)
    if not use:
        return index, found
    found["contradictions"] = _contradictions(index, patient, subject)
    columns = {}
    nobody = index["subject"].isna() & patient.isna()
    if subject == "patient":
        columns["subject"] = index["subject"].fillna(patient)
        is_filled_in = found["beside_others"] and (index["subject"].isna() & patient.notna()).any()
        says_more = is_filled_in or bool(found["contradictions"])
    else:
        says_more = patient.notna().any()
    if says_more:
        columns[BY_HEADER] = patient
    if (nobody & study.notna()).any():
        columns[STUDY] = study.where(study.isin(study[nobody].dropna()))
    return index.assign(**columns), found


def header_warnings(found: dict[str, Any]) -> list[str]:
    """What a person should look at in the ids of headers.

    Args:
        found: As ``join_header_ids`` returns them.
    """
    warnings = []
    if found["used"] and 1 < found["images"] < 2 * found["largest"]:
        warnings.append(
            f"{found['largest']} of {found['images']} DICOM files name one and the same patient, as files do "
            f"whose ids were taken away: if that is no person, set header_patients: ignore"
        )
    for kind, words in CONTRADICTIONS.items():
        if torn := found["contradictions"].get(kind):
            warnings.append(
                f"{torn['ids']} {words} ({torn['images']} images, which stay together, such as "
                f"{', '.join(torn['examples'])})"
            )
    return warnings


def _message(found: dict[str, Any]) -> str | None:
    """Say whom the headers name, and what is done with that."""
    told = []
    if found["images"]:
        told.append(f"{found['images']} DICOM files name {found['patients']} patients in their headers")
    if alone := found["images_with_study_alone"]:
        files = "others" if told else "DICOM files"
        told.append(f"{alone} {files} name no patient, but {found['studies']} examinations")
    if not told:
        return None
    if not found["used"]:
        done = "these ids are not used (header_patients: use groups images by them)"
    elif found["beside_others"]:
        done = "images are grouped by them and by the ids of the table or the file names"
    else:
        done = "images are grouped by them"
    return f"{'; '.join(told)}; {done}"


def _patients(pseudonyms: pd.DataFrame) -> pd.Series:
    patient, of_any_issuer = pseudonyms["patient"], pseudonyms["patient_of_any_issuer"]
    without_issuer = patient[patient == of_any_issuer].dropna()
    return patient.mask(of_any_issuer.isin(without_issuer), of_any_issuer)


def _count(patient: pd.Series, study: pd.Series) -> dict[str, Any]:
    alone = patient.isna() & study.notna()
    return {
        "patients": int(patient.nunique()),
        "images": int(patient.notna().sum()),
        "studies": int(study[alone].nunique()),
        "images_with_study_alone": int(alone.sum()),
        "without": int((patient.isna() & study.isna()).sum()),
        "largest": int(patient.groupby(patient).size().max()) if patient.notna().any() else 0,
    }


def _contradictions(index: pd.DataFrame, patient: pd.Series, subject: Subject) -> dict[str, Any]:
    """Where the header says other than ``subject``; one patient may have several lesions."""
    torn = {"several_ids_in_one": (index["subject"], patient)}
    if subject == "patient":
        torn["one_id_in_several"] = (patient, index["subject"])
    contradictions = {}
    for kind, (whole, parts) in torn.items():
        images = parts.groupby(whole).transform("nunique").gt(1).fillna(False) & parts.notna()
        if images.any():
            contradictions[kind] = {
                "ids": int(whole[images].nunique()),
                "images": int(images.sum()),
                "examples": index["path"][images].head(MOST_NAMED).tolist(),
            }
    return contradictions
