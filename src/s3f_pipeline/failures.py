"""Failures that a user can do something about, in one message."""

import errno
from collections.abc import Iterator
from resource import RLIM_INFINITY, RLIMIT_FSIZE, getrlimit

from s3f_pipeline.errors import S3FError

NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
NOT_WRITABLE = (errno.EACCES, errno.EEXIST, errno.ENOTDIR, errno.EPERM, errno.EROFS)
AGAIN = "run the same command again; what was finished is kept."


def causes(error: BaseException) -> Iterator[BaseException]:
    """An error and what it was raised from, the outermost first."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__


def explain(error: BaseException, *, other_place: str) -> S3FError | None:
    """Say what went wrong and what to do; ``None`` if nothing is known of such an error.

    Args:
        error: Any.
        other_place: How a user has the files written elsewhere, as part of a sentence.
    """
    for cause in causes(error):
        if isinstance(cause, S3FError):
            return cause
        if isinstance(cause, OSError) and (told := _explain_file(cause, other_place)):
            return S3FError(told)
    return None


def _explain_file(error: OSError, other_place: str) -> str | None:
    if error.errno in NO_ROOM:
        return f"The disk is full ({error.filename or error}). Make room and {AGAIN}"
    if error.errno == errno.EFBIG:
        return _too_large(error, other_place)
    if error.errno == errno.EISDIR:
        return (
            f"{error.filename2 or error.filename} is a folder, but a file belongs there. Move it away and "
            f"{AGAIN}"
        )
    if error.errno in NOT_WRITABLE:
        return (
            f"{error.filename} cannot be written: {error.strerror}. Make it a folder that this user may "
            f"write to, or {other_place}, and {AGAIN}"
        )
    return None


def _too_large(error: OSError, other_place: str) -> str:
    """Tell a limit of the shell from one of the disk: the error is the same."""
    allowed, _ = getrlimit(RLIMIT_FSIZE)
    if allowed == RLIM_INFINITY:
        limit, how = "its file system allows", f"{other_place[0].upper()}{other_place[1:]}"
    else:
        limit, how = f"the {allowed:,} bytes that `ulimit -f` allows", "Raise that limit"
    name = error.filename or "A file"
    return f"{name} would become larger than {limit} ({error.strerror}). {how}, and {AGAIN}"
