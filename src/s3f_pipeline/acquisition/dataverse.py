"""Files of a Dataverse, such as Harvard's, by the DOI of their data set."""

from s3f_pipeline.acquisition.download import get_json
from s3f_pipeline.errors import AcquisitionError

HARVARD = "https://dataverse.harvard.edu"


def find_file(doi: str, name: str, server: str = HARVARD) -> str:
    """Look up a file by its name, with or without ending (native API of Dataverse).

    Args:
        doi: Of the data set, such as ``doi:10.7910/DVN/DBW86T``.
        name: Of the file, without ending.
        server: Address of the Dataverse.

    Returns:
        Address of the file as it was deposited; Dataverse also keeps tables in a form of its own
        (Data Access API, ``format=original``).

    Raises:
        AcquisitionError: If the server gives no answer, or there is no such file.
    """
    answer = get_json(f"{server}/api/datasets/:persistentId/", persistentId=doi)
    try:
        labels = {file["label"]: file["dataFile"] for file in answer["data"]["latestVersion"]["files"]}
    except (KeyError, TypeError) as error:
        raise AcquisitionError(f"The answer of {server} about {doi} has another form than known.") from error
    for label, file in labels.items():
        if label in (name, f"{name}.{label.rpartition('.')[2]}"):
            is_table = label.endswith(".tab") or "originalFileFormat" in file
            query = "?format=original" if is_table else ""
            return f"{server}/api/access/datafile/{file['id']}{query}"
    raise AcquisitionError(f"The data set {doi} at {server} has no file {name}.")
