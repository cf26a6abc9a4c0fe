"""The files below a folder, links included, with no folder walked twice."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tqdm import tqdm

SLOW = 3.0
"""Seconds after which a walk shows its progress."""
Identity = tuple[int, int]
"""Device and number of a folder, which are the same under all its names."""


@dataclass(frozen=True)
class Walked:
    """What a walk has found; paths are relative to where it began, with forward slashes.

    Attributes:
        files: All files, links to files and links to nothing included.
        links: Links to folders, and folders behind them, that were not walked: they are walked already, or
            are above the link or the beginning.
    """

    files: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)


def walk(folder: Path, on_error: Callable[[OSError], None] = lambda error: None) -> Walked:
    """List the files below a folder.

    Links to folders elsewhere are followed, after everything that lies in the folder itself, in the order of
    their names. A folder is known by its device and number, so that neither links nor mounts lead in circles.

    Args:
        folder: Where to begin.
        on_error: Is called for each folder that cannot be read.
    """
    walked = Walked()
    seen: set[Identity] = set()
    begin = Path(os.path.realpath(folder))
    if begin.is_dir():
        _is_seen(begin, seen)
    with tqdm(desc="Looking for files", unit=" files", delay=SLOW, leave=False) as progress:
        links = _walk_tree(begin, "", walked, seen, on_error, progress)
        while links:
            links.sort(reverse=True)
            link = links.pop()
            target, place = (Path(os.path.realpath(path)) for path in (begin / link, (begin / link).parent))
            if place.is_relative_to(target) or begin.is_relative_to(target) or _is_seen(target, seen):
                walked.links.append(link)
            else:
                links += _walk_tree(begin, link, walked, seen, on_error, progress)
    return walked


def _walk_tree(
    begin: Path,
    inside: str,
    walked: Walked,
    seen: set[Identity],
    on_error: Callable[[OSError], None],
    progress: tqdm,
) -> list[str]:
    """Walk what lies below a folder without following links; return the links to folders."""
    links, waiting = [], [inside]
    while waiting:
        current = waiting.pop()
        try:
            with os.scandir(begin / current) as found:
                entries = list(found)
        except OSError as error:
            on_error(error)
            continue
        for entry in entries:
            path = f"{current}/{entry.name}" if current else entry.name
            if not _is_folder(entry):
                walked.files.append(path)
            elif entry.is_symlink():
                links.append(path)
            elif _is_seen(Path(entry.path), seen):
                walked.links.append(path)
            else:
                waiting.append(path)
        progress.update(len(entries))
    return links


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _is_seen(path: Path, seen: set[Identity]) -> bool:
    """Whether a folder was seen before; from now on it was."""
    status = path.stat()
    identity = (status.st_dev, status.st_ino)
    if identity in seen:
        return True
    seen.add(identity)
    return False
