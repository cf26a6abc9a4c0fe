import logging

import pytest
from dicom_files import dicom
from pydicom.uid import DeflatedExplicitVRLittleEndian, ImplicitVRLittleEndian

from s3f_pipeline.images.decode import decode
from s3f_pipeline.images.header_ids import HeaderIds, Pseudonyms, pseudonymise

SALT, OTHER_SALT = bytes(range(32)), bytes(range(1, 33))
UIDS = {"StudyInstanceUID": "1.2", "SeriesInstanceUID": "1.2.3"}
NO_UIDS = {"StudyInstanceUID": "", "SeriesInstanceUID": ""}


def pseudonyms(salt=SALT, **tags):
    return pseudonymise(decode(dicom(**tags), "grey").ids, salt)


def test_the_hash_is_a_keyed_one():
    """HMAC-SHA256 of the JSON text ``["patient", "4711"]``, the first half of its digits (by openssl)."""
    found = pseudonyms(PatientID="4711", **NO_UIDS)
    assert found.patient == found.patient_of_any_issuer == "7b2736dd83af224f77d418078266b515"
    assert found.study is found.series is None
    assert pseudonyms(OTHER_SALT, PatientID="4711").patient != found.patient


@pytest.mark.parametrize("padded", ["4711 ", " 4711", "4711\0", "\t4711 \0"])
def test_padding_is_no_part_of_an_id(padded):
    assert pseudonyms(PatientID=padded) == pseudonyms(PatientID="4711")


@pytest.mark.parametrize(
    ("one", "other"),
    [("4711", "004711"), ("P-4711", "p-4711"), ("P 4711", "P4711"), ("Mu\u0308ller", "Müller"),
     ("\uff14\uff17\uff11\uff11", "4711"), ("4711\u200b", "4711"), ("4711.0", "4711")],
)  # fmt: skip
def test_a_patient_whom_scanners_spell_differently_is_one(one, other):
    tags = {"SpecificCharacterSet": "ISO_IR 192", "IssuerOfPatientID": "A"}
    assert pseudonyms(PatientID=one, **tags) == pseudonyms(PatientID=other, **tags)
    assert pseudonyms(PatientID=one, **tags).patient != pseudonyms(PatientID="4712", **tags).patient


def test_equal_ids_of_different_issuers_are_different_patients():
    one, other = (pseudonyms(PatientID="4711", IssuerOfPatientID=issuer) for issuer in ("A", "B"))
    assert one.patient != other.patient
    assert one.patient_of_any_issuer == other.patient_of_any_issuer == pseudonyms(PatientID="4711").patient


def test_id_and_issuer_are_not_run_together():
    assert (
        pseudonyms(PatientID="47", IssuerOfPatientID="11").patient
        != pseudonyms(PatientID="4", IssuerOfPatientID="711").patient
    )


@pytest.mark.parametrize("empty", ["", " ", "  \0", "\x7f", None])
def test_what_is_blank_is_missing(empty):
    found = pseudonyms(PatientID=empty, IssuerOfPatientID="A", StudyInstanceUID="1.2", SeriesInstanceUID="3")
    assert (found.patient, found.patient_of_any_issuer) == (None, None)
    assert found.study == pseudonyms(PatientID="", StudyInstanceUID="1.2").study
    by_series = pseudonyms(PatientID=empty, StudyInstanceUID=empty, SeriesInstanceUID="1.2")
    assert by_series.study is None
    assert by_series.series not in (None, found.study)
    assert pseudonymise(HeaderIds(), SALT) == Pseudonyms(None, None, None, None)


def test_the_series_is_kept_beside_the_study():
    """Files of a series that lack the study are of its examination."""
    both, alone = pseudonyms(**UIDS), pseudonyms(**UIDS | {"StudyInstanceUID": ""})
    assert both.series == alone.series is not None
    assert both.study not in (None, both.series)


def test_the_same_name_in_another_character_set_is_the_same_patient():
    latin, unicode = (
        pseudonyms(PatientID="Müller1", SpecificCharacterSet=s) for s in ("ISO_IR 100", "ISO_IR 192")
    )
    assert latin == unicode


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
def test_ids_are_read_in_every_encoding_of_the_header(syntax):
    assert pseudonyms(syntax=syntax, IssuerOfPatientID="A") == pseudonyms(IssuerOfPatientID="A")


def test_an_id_of_a_wrong_type_is_an_id():
    data = dicom(PatientID="47")
    tag = b"\x10\x00\x20\x00LO"
    assert data.count(tag) == 1
    broken = decode(data.replace(tag, b"\x10\x00\x20\x00FD"), "grey")
    assert pseudonymise(broken.ids, SALT) == pseudonyms(PatientID="47")


@pytest.mark.filterwarnings("ignore")
def test_ids_are_not_shown(caplog, recwarn):
    """Not even those that the standard forbids, about which pydicom warns with the value."""
    long, wrong = "4711" * 20, "no such UID 4711"
    data = dicom(PatientID=long, StudyInstanceUID=wrong)
    recwarn.clear()
    caplog.clear()
    with caplog.at_level(logging.DEBUG):
        decoded = decode(data, "grey")
    assert (decoded.ids.patient, decoded.ids.study) == (long, wrong)
    assert "4711" not in repr(decoded) + caplog.text + "".join(str(one.message) for one in recwarn)
