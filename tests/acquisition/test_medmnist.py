import pytest

from s3f_pipeline.acquisition.medmnist import MD5, published_file
from s3f_pipeline.cohorts.medmnist import LABELS, flag_and_size
from s3f_pipeline.errors import AcquisitionError


def test_every_cohort_has_four_sizes():
    assert {flag_and_size(name) for name in MD5} == {
        (flag, size) for flag in LABELS for size in (28, 64, 128, 224)
    }
    assert len(set(MD5.values())) == 24


def test_a_file_is_known_by_its_name():
    """Address and checksum as the package medmnist 3.0.2 gives them."""
    download = published_file("organsmnist_224.npz")
    assert download.files == {
        "organsmnist_224.npz": "https://zenodo.org/records/10519652/files/organsmnist_224.npz?download=1"
    }
    assert download.md5 == {"organsmnist_224.npz": "b354719e553fbbb2513d5533f52a4cb1"}


def test_other_files_are_refused():
    with pytest.raises(AcquisitionError, match=r"'breastmnist_65\.npz' is no MedMNIST file"):
        published_file("breastmnist_65.npz")
