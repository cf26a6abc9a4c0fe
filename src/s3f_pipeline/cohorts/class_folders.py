"""Layouts with a folder per class."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

import pandas as pd

from s3f_pipeline.cohorts.listing import (
    COLUMNS,
    HIDDEN,
    is_hidden,
    kind_of,
    some_of,
    told_of_links,
    walk_raw,
)
from s3f_pipeline.errors import CohortError
from s3f_pipeline.images.formats import START, format_of, is_image_name
from s3f_pipeline.spelling import compose, show

OUTSIDE = "outside the class folders"


def list_class_folders(
    folder: Path, classes: Sequence[str], splits: Mapping[str, str | None]
) -> pd.DataFrame:
    """List the images in class folders and below them.

    Images are files with the ending of a format that is read, and files of any name whose first bytes are
    those of an image, so that a format that is not read is refused and never forgotten.

    Args:
        folder: The raw folder.
        classes: Names of the class folders.
        splits: Folder with the class folders, relative to ``folder`` (all equally deep) -> its
            official split.

    Returns:
        The columns of every layout, ``image_id`` being the file name without its ending and ``subject``
        null; ``attrs["passed_over"]``, and in ``attrs["notices"]`` sentences about what was passed over in
        class folders.

    Raises:
        CohortError: If a class folder is missing, there are others, or it is a link to a folder that is
            read elsewhere.
    """
    for inside in splits:
        _check_class_folders(folder, inside, classes)
    homes = {
        (*PurePosixPath(inside).parts, compose(label)): (label, split)
        for inside, split in splits.items()
        for label in classes
    }
    depth = len(next(iter(homes)))
    walked = walk_raw(folder)
    _check_links(folder, walked.links, homes)
    rows: list[tuple[str | None, ...]] = []
    passed_over: Counter[str] = Counter()
    hidden_images: list[str] = []
    for path in walked.files:
        *parents, name = path.split("/")
        home = homes.get(tuple(map(compose, parents[:depth])))
        if is_hidden(path):
            passed_over[HIDDEN] += 1
            if home and is_image_name(name):
                hidden_images.append(path)
        elif home is None:
            passed_over[OUTSIDE] += 1
        elif not _is_image(folder / path):
            passed_over[f"{kind_of(name)} in {'/'.join(parents[:depth])}"] += 1
        else:
            label, split = home
            rows.append((PurePosixPath(name).stem, path, label, None, split))
    table = pd.DataFrame(rows, columns=list(COLUMNS), dtype="string")
    table.attrs["passed_over"] = dict(passed_over)
    table.attrs["notices"] = _notices(passed_over, hidden_images, walked.links)
    return table


def _notices(passed_over: Mapping[str, int], hidden_images: Sequence[str], links: Sequence[str]) -> list[str]:
    """Say what of the class folders is not in the listing."""
    notices = []
    if kinds := {kind: count for kind, count in passed_over.items() if kind not in (HIDDEN, OUTSIDE)}:
        told = "; ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
        notices.append(f"Passed over as no images: {told}")
    if hidden_images:
        notices.append(
            f"Passed over: {len(hidden_images)} images that are hidden, or thumbnails and copies that a "
            f"system keeps ({some_of(hidden_images, shown=2)})"
        )
    if links:
        notices.append(told_of_links(links))
    return notices


def _check_links(folder: Path, links: Sequence[str], homes: Mapping[tuple[str, ...], object]) -> None:
    """Refuse to lose a whole class folder because it leads to one that is read already."""
    for link in links:
        parts = tuple(map(compose, link.split("/")))
        if any(home[: len(parts)] == parts for home in homes):
            raise CohortError(
                f"{folder / link} is a link to a folder that is read already, or that it lies in. Put the "
                f"images there themselves, or link to a folder outside {folder}."
            )


def check_names(folder: Path, table: pd.DataFrame, named: Mapping[str, pd.Series]) -> None:
    """Check what file names say against the folders that the files are in.

    Args:
        folder: The raw folder.
        table: With ``path`` and the columns that ``named`` has.
        named: Column of ``table`` -> its value by the file name, null where the name does not say.

    Raises:
        CohortError: If a name says something else than its folder.
    """
    for column, values in named.items():
        differs = values.notna() & (values != table[column]).fillna(False)
        if differs.any():
            shown = table["path"][differs] + " (by its name " + values[differs] + ")"
            raise CohortError(
                f"{differs.sum()} file names in {folder} contradict their folders: {some_of(shown)}. "
                f"Move these files to where they belong, or unpack the data again."
            )


def _check_class_folders(folder: Path, inside: str, classes: Sequence[str]) -> None:
    root = folder / inside
    expected = f"Expected are the folders {', '.join(classes)} in {root}."
    if not root.is_dir():
        raise CohortError(f"{folder} has no folder '{inside}'. {expected}")
    found = {compose(path.name) for path in root.iterdir() if path.is_dir() and not is_hidden(path.name)}
    named = set(map(compose, classes))
    missing, unknown = named - found, found - named
    if missing:
        raise CohortError(
            f"Class folder(s) missing in {root}: {some_of(map(show, missing))}. {expected} Found are "
            f"{some_of(map(show, found)) or 'none'}."
        )
    if unknown:
        raise CohortError(
            f"Unknown class folder(s) in {root}: {some_of(map(show, unknown))}. {expected} "
            f"Move them away, or add them to the cohort's classes."
        )


def _is_image(path: Path) -> bool:
    if is_image_name(path.name):
        return True
    try:
        with path.open("rb") as file:
            return format_of(file.read(START)) is not None
    except OSError as error:
        raise CohortError(f"Cannot read {path}: {error.strerror}. Mend it, or remove it.") from error
