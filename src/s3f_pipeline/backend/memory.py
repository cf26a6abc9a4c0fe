"""Failures for want of memory, by whatever name the backend gives them."""

SIGNS = ("RESOURCE_EXHAUSTED", "ResourceExhaustedError", "Out of memory", "OOM when allocating")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether host or device memory did not suffice."""
    text = f"{type(error).__name__}: {error}"
    return isinstance(error, MemoryError) or any(sign in text for sign in SIGNS)
