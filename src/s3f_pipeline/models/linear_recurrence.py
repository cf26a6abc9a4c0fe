"""A linear recurrence in a logarithmic number of operations."""

from keras import ops

from s3f_pipeline.backend import Tensor


def linear_recurrence(decay: Tensor, value: Tensor, start: Tensor, *, reverse: bool = False) -> Tensor:
    """Compute ``h[t] = decay[t] * h[t-1] + value[t]``, or ``h[t+1]`` in its place, as an associative scan.

    Two steps in a row, ``h -> a h + b`` and ``h -> a' h + b'``, are one step ``h -> (a' a) h + (a' b + b')``.
    Neighbours are joined to half as many steps, which give every second state; the others are one step away.
    ``keras.ops.associative_scan`` takes longer: it also returns the joined decays, and branches at run time
    on TensorFlow.

    Args:
        decay: Of shape (L, ...), L a power of two.
        value: Of the same shape.
        start: The state before the first step, of shape (...).
        reverse: Whether the first step is the one at L - 1.

    Returns:
        h of the shape of ``value``.
    """
    length = value.shape[0]
    if length == 1:
        return decay * start + value
    shape = ops.shape(value)
    decays, values = (
        ops.unstack(ops.reshape(each, (length // 2, 2, *shape[1:])), 2, axis=1) for each in (decay, value)
    )
    first, second = (1, 0) if reverse else (0, 1)
    joined = decays[second] * decays[first], decays[second] * values[first] + values[second]
    after_both = linear_recurrence(*joined, start, reverse=reverse)
    before = [after_both[1:], start[None]] if reverse else [start[None], after_both[:-1]]
    after_first = decays[first] * ops.concatenate(before) + values[first]
    in_order = [after_both, after_first] if reverse else [after_first, after_both]
    return ops.reshape(ops.stack(in_order, axis=1), shape)
