"""Where the MedMNIST files lie, and what they are known by."""

from s3f_pipeline.config.schema import DownloadConfig
from s3f_pipeline.errors import AcquisitionError

RECORD = "https://zenodo.org/records/10519652/files"
MD5 = {
    "bloodmnist.npz": "7053d0359d879ad8a5505303e11de1dc",
    "bloodmnist_64.npz": "2b94928a2ae4916078ca51e05b6b800b",
    "bloodmnist_128.npz": "adace1e0ed228fccda1f39692059dd4c",
    "bloodmnist_224.npz": "b718ff6835fcbdb22ba9eacccd7b2601",
    "breastmnist.npz": "750601b1f35ba3300ea97c75c52ff8f6",
    "breastmnist_64.npz": "742edef2a1fd1524b2efff4bd7ba9364",
    "breastmnist_128.npz": "363e4b3f8d712e9b5de15470a2aaadf1",
    "breastmnist_224.npz": "b56378a6eefa9fed602bb16d192d4c8b",
    "dermamnist.npz": "0744692d530f8e62ec473284d019b0c7",
    "dermamnist_64.npz": "b70a2f5635c6199aeaa28c31d7202e1f",
    "dermamnist_128.npz": "2defd784463fa5243564e855ed717de1",
    "dermamnist_224.npz": "8974907d8e169bef5f5b96bc506ae45d",
    "organcmnist.npz": "b9ceb9546e10131b32923c5bbeaea2b1",
    "organcmnist_64.npz": "3ce34a8724ea6f548e6db4744d03b6a9",
    "organcmnist_128.npz": "773c1f009daa3fe5d9a2a201b2a7ed94",
    "organcmnist_224.npz": "050f5e875dc056f6768abf94ec9995d1",
    "organsmnist.npz": "9ab87b696fb54e2a387ebe992d6ed5f1",
    "organsmnist_64.npz": "53a6d115339d874c25e309a994ff46d3",
    "organsmnist_128.npz": "ded0c5fa01a95dc4978b956f613e9b8e",
    "organsmnist_224.npz": "b354719e553fbbb2513d5533f52a4cb1",
    "pneumoniamnist.npz": "28209eda62fecd6e6a2d98b1501bb15f",
    "pneumoniamnist_64.npz": "8f4eceb4ccffa70c672198ea285246c6",
    "pneumoniamnist_128.npz": "05b46931834c231683c68f40c47b2971",
    "pneumoniamnist_224.npz": "d6a3c71de1b945ea11211b03746c1fe1",
}
"""Published checksums, by file (medmnist 3.0.2)."""


def published_file(name: str) -> DownloadConfig:
    """Say where a MedMNIST file is fetched from.

    Args:
        name: Such as ``breastmnist.npz`` (28 pixels) or ``breastmnist_64.npz`` (64, 128 or 224).

    Raises:
        AcquisitionError: If there is no such file.
    """
    if name not in MD5:
        raise AcquisitionError(
            f"'{name}' is no MedMNIST file of the cohorts here, which are {', '.join(MD5)}. Correct inside "
            f"in the cohort's block."
        )
    return DownloadConfig(files={name: f"{RECORD}/{name}?download=1"}, md5={name: MD5[name]})
