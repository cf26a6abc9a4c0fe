"""Who is who by DICOM headers: ids are hashed under a secret key as they are read, and kept no other way.

What is hashed is the key of an id (``s3f_pipeline.spelling.id_key``), so that a patient whom two scanners
spell differently is one patient: afterwards nobody could tell.
"""

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Any

from s3f_pipeline.spelling import id_key

ID_TAGS = ("PatientID", "IssuerOfPatientID", "StudyInstanceUID", "SeriesInstanceUID")
PADDING = " \0\t\r\n"
"""What surrounds a value without being part of it (DICOM PS3.5, section 6.2)."""
DIGITS = 32


@dataclass(frozen=True)
class HeaderIds:
    """The ids of a DICOM header as they are, ``None`` where empty; they are not shown when printed.

    Attributes:
        patient: PatientID.
        issuer: IssuerOfPatientID, without which equal ids may be different patients.
        study: StudyInstanceUID.
        series: SeriesInstanceUID.
    """

    patient: str | None = field(default=None, repr=False)
    issuer: str | None = field(default=None, repr=False)
    study: str | None = field(default=None, repr=False)
    series: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Pseudonyms:
    """What is kept of the ids of a header: hexadecimal digits, ``None`` where there is no id.

    Attributes:
        patient: Of PatientID and its issuer.
        patient_of_any_issuer: Of PatientID alone; equals ``patient`` where no issuer is given.
        study: Of StudyInstanceUID.
        series: Of SeriesInstanceUID.
    """

    patient: str | None
    patient_of_any_issuer: str | None
    study: str | None
    series: str | None


def read_ids(dataset: Any) -> HeaderIds:
    """Read the ids of a ``pydicom.Dataset`` that was read from a file."""
    return HeaderIds(*(_text(dataset, tag) for tag in ID_TAGS))


def pseudonymise(ids: HeaderIds, salt: bytes) -> Pseudonyms:
    """Hash the ids of a header.

    Args:
        ids: Of the header.
        salt: Secret key, without which nobody can tell from which id a hash comes, not even by trying.

    Returns:
        Ids of equal key (``id_key``) have equal hashes as long as the salt is the same.
    """
    keys = {name: id_key(value) for name, value in vars(ids).items() if value}
    patient, issuer = keys.get("patient"), keys.get("issuer")
    of_any_issuer = _hash(salt, "patient", patient) if patient else None
    return Pseudonyms(
        patient=_hash(salt, "patient", patient, issuer) if patient and issuer else of_any_issuer,
        patient_of_any_issuer=of_any_issuer,
        study=_hash(salt, "study", keys["study"]) if keys.get("study") else None,
        series=_hash(salt, "series", keys["series"]) if keys.get("series") else None,
    )


def _hash(salt: bytes, *parts: str) -> str:
    return hmac.new(salt, json.dumps(parts).encode(), hashlib.sha256).hexdigest()[:DIGITS]


def _text(dataset: Any, tag: str) -> str | None:
    """The text of a tag; not by pydicom's own conversion, which logs the values that it doubts."""
    from pydicom.charset import convert_encodings, decode_bytes

    element = dataset.get_item(tag)
    if element is None or not isinstance(element.value, bytes):
        return None
    text = decode_bytes(element.value, convert_encodings(dataset.get("SpecificCharacterSet")), set())
    return "\\".join(part.strip(PADDING) for part in text.split("\\")).strip("\\") or None
