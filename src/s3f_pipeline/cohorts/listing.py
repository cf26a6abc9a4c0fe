"""What all layouts have in common: the files below a folder, and the table that lists the images."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path, PurePosixPath

import pandas as pd

from s3f_pipeline.errors import CohortError
from s3f_pipeline.spelling import compose
from s3f_pipeline.walk import Walked, walk

logger = logging.getLogger(__name__)
COLUMNS = ("image_id", "path", "label", "subject", "official_split")
HIDDEN = "hidden files"
KEPT_BY_SYSTEMS = frozenset(
    {
        "__macosx", "@eadir", "@tmp", "@recycle", "@recently-snapshot", "#recycle", "#snapshot",
        "$recycle.bin", "system volume information", "lost+found", "thumbs.db", "desktop.ini",
        "icon\r",
    }
)  # fmt: skip
"""Files and folders, in lower case, that file managers and network storage put beside those of people."""
CARRIED = ("age", "sex", "site")  # facts of patients that tables may tell beside labels and ids
ORDER_COLUMN = "order"  # of the index, where a table says in which order images were filed
OWN_FILE = "provenance.json"  # the acquisition writes it


def files_below(folder: Path) -> list[str]:
    """List all files below a folder, relative to it, with forward slashes, sorted.

    Links are followed; a warning names those that would lead to what is listed already.

    Raises:
        CohortError: If a folder cannot be read, or a name is not valid UTF-8.
    """
    walked = walk_raw(folder)
    if walked.links:
        logger.warning("%s: %s", folder, told_of_links(walked.links))
    return walked.files


def walk_raw(folder: Path) -> Walked:
    """Walk a raw folder; as ``files_below``, with the links that were not followed.

    Raises:
        CohortError: If a folder cannot be read, or a name is not valid UTF-8.
    """

    def refuse(error: OSError) -> None:
        raise CohortError(
            f"Cannot read the folder {error.filename}: {error.strerror}. Mend it and run again."
        )

    walked = walk(folder, refuse)
    undecodable = [path for path in walked.files if _readable(path) != path]
    if undecodable:
        raise CohortError(
            f"File names in {folder} that are not valid UTF-8: {some_of(undecodable)}. Rename these files."
        )
    return Walked(sorted(path for path in walked.files if path != OWN_FILE), sorted(walked.links))


def told_of_links(links: Iterable[str]) -> str:
    """Say which links were not followed."""
    return (
        f"Links that lead to a folder above them, or to one that is read already, are passed over: "
        f"{some_of(links)}"
    )


def as_on_disk(names: pd.Series, files: Iterable[str]) -> pd.Series:
    """Give names the form that they have on disk, which may be composed differently.

    Args:
        names: Of files, relative to a folder.
        files: What is in the folder.

    Returns:
        The names; one that no file has, or several have in different forms, stays as it is.
    """
    exact = set(files)
    by_name: dict[str, list[str]] = {}
    for file in exact:
        by_name.setdefault(compose(file), []).append(file)

    def find(name: str) -> str:
        same = by_name.get(compose(name), [])
        return same[0] if name not in exact and len(same) == 1 else name

    return names.map(find).astype("string")


def is_hidden(path: str) -> bool:
    """Tell whether a file, or a folder it is in, is hidden or no person's but a system's."""
    return any(part.startswith(".") or part.lower() in KEPT_BY_SYSTEMS for part in path.split("/"))


def count_passed_over(paths: Iterable[str], reason: Callable[[str], str]) -> dict[str, int]:
    """Count files that are not images of the cohort by reason; hidden files have one of their own."""
    return dict(Counter(HIDDEN if is_hidden(path) else reason(path) for path in paths))


def kind_of(path: str) -> str:
    """Say by its ending what a file is that is no image."""
    ending = PurePosixPath(path).suffix.lower()
    return f"files ending in {ending}" if ending else "files without an ending"


def some_of(names: Iterable[str], shown: int = 5) -> str:
    """Name the first few of many, sorted, and say how many more there are."""
    ordered = sorted(names)
    rest = len(ordered) - shown
    return _readable(", ".join(ordered[:shown])) + (f" and {rest} more" if rest > 0 else "")


def finish(table: pd.DataFrame, folder: Path, classes: Sequence[str]) -> pd.DataFrame:
    """Order a listing, by path and with the common columns first, after checking what all promise.

    Names are composed in ``image_id``, so that it is the same on every file system.

    Raises:
        CohortError: If there is no image at all or none of a class, or two images have one id.
    """
    if table.empty:
        raise CohortError(f"{folder} has the right layout but no image in it. Get the data again.")
    table["image_id"] = table["image_id"].map(compose)
    twice = table["image_id"].duplicated(keep=False)
    if twice.any():
        shown = table[twice].sort_values(["image_id", "path"])["path"].iloc[:2]
        raise CohortError(
            f"{twice.sum()} images in {folder} share their name, which identifies an image, with another: "
            f"{some_of(shown)}. Rename one, or remove it."
        )
    empty = set(classes) - set(table["label"])
    if empty:
        raise CohortError(
            f"Classes without an image in {folder}: {some_of(empty)}. Add images, or take the class out "
            f"of the cohort's classes."
        )
    further = [column for column in table.columns if column not in COLUMNS]
    ordered = table[[*COLUMNS, *further]].astype(dict.fromkeys(COLUMNS, "string"))
    return ordered.sort_values("path", ignore_index=True)


def _readable(text: str) -> str:
    """Escape what of a file name cannot be written as UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode()
