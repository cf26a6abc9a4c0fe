"""The selective scan of Mamba: a linear recurrence whose coefficients depend on the sequence.

``h[t] = exp(delta[t] A) h[t-1] + delta[t] B[t] x[t]``, ``y[t] = C[t] · h[t]`` (Gu and Dao, arXiv 2312.00752,
equations 2 and 4, with the Euler step for B that its code takes).

A chunk of the sequence is computed as an associative scan. Chunks follow one another, each starting from the
state that the one before it ended with. Only these states are kept for the gradient, which computes the
others anew: memory grows with √L instead of L times the size of a state.
"""

from math import isqrt
from typing import Any

from keras import ops

from s3f_pipeline.backend import Tensor
from s3f_pipeline.backend.devices import on_gpu
from s3f_pipeline.models.linear_recurrence import linear_recurrence


def selective_scan(x: Tensor, delta: Tensor, a: Tensor, b: Tensor, c: Tensor) -> Tensor:
    """Scan K sequences of each image, in float32.

    Args:
        x: Values of shape (L, K, B, E) with known L, K and E.
        delta: Step sizes, positive, of the shape of ``x``.
        a: Negative, of shape (K, N, E).
        b: What is written to the state, of shape (L, K, B, N).
        c: What is read from the state, of shape (L, K, B, N).

    Returns:
        y of the shape of ``x``.
    """
    length = x.shape[0]
    chunk = chunk_length(length)
    behind = -length % chunk
    # A step of size zero leaves the state as it is.
    x, delta, b, c = (ops.pad(each, ((0, behind), (0, 0), (0, 0), (0, 0))) for each in (x, delta, b, c))
    count = (length + behind) // chunk
    return _scan_chunks(count, chunk)(x, delta, a, b, c)[:length]


def chunk_length(length: int) -> int:
    """Return a power of two: near √length on a GPU, where operations cost launches, a quarter on a CPU.

    About ten arrays of a chunk's states live at once beside one state per chunk, so that memory is least near
    √(length / 10); and on a CPU chunks that stay in its cache are faster.
    """
    near_root = 1 << isqrt(max(length - 1, 0)).bit_length()
    return near_root if on_gpu() else max(1, near_root // 4)


def _scan_chunks(count: int, chunk: int) -> Any:
    """Make the scan of sequences of so many chunks, with its gradient."""

    def split(sequence: Tensor) -> Tensor:
        return ops.reshape(sequence, (count, chunk, *ops.shape(sequence)[1:]))

    def join(chunks: Tensor) -> Tensor:
        return ops.reshape(chunks, (-1, *ops.shape(chunks)[2:]))

    @ops.custom_gradient
    def scan(x: Tensor, delta: Tensor, a: Tensor, b: Tensor, c: Tensor) -> tuple[Tensor, Any]:
        chunks = tuple(map(split, (x, delta, b, c)))
        start = ops.zeros_like(b[0][..., None] * x[0][..., None, :])

        def forward(carried: Any, given: Any) -> Any:
            (start, _), (x, delta, b, c) = carried, given
            *_, states = _states(x, delta, a, b, start)
            result = states[-1], _sum_states(states, c)
            return result, result

        # `ops.scan` wants to be given and to carry all that it collects.
        _, (ends, y) = ops.scan(forward, (start, ops.zeros_like(chunks[0][0])), chunks)

        def gradient(*upstreams: Tensor, upstream: Tensor | None = None) -> tuple[Tensor, ...]:
            (by_y,) = upstreams or (upstream,)
            starts = ops.concatenate([start[None], ends[:-1]])
            nothing = tuple(ops.zeros_like(each[0]) for each in chunks)

            def backward(carried: Any, given: Any) -> Any:
                x, delta, b, c, start, by_y = given
                result = _chunk_gradient(x, delta, a, b, c, start, by_y, carried[0])
                return result, result

            _, (_, by_a, *by_chunks) = ops.scan(
                backward, (start, ops.zeros_like(a), *nothing), (*chunks, starts, split(by_y)), reverse=True
            )
            by_x, by_delta, by_b, by_c = map(join, by_chunks)
            return by_x, by_delta, ops.sum(by_a, axis=0), by_b, by_c

        return join(y), gradient

    return scan


def _states(x: Tensor, delta: Tensor, a: Tensor, b: Tensor, start: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return decay, what is added, and state after each step of a chunk, each of shape (L, K, B, N, E)."""
    decay = ops.exp(delta[..., None, :] * a[:, None])
    added = b[..., None] * (delta * x)[..., None, :]
    return decay, added, linear_recurrence(decay, added, start)


def _chunk_gradient(
    x: Tensor, delta: Tensor, a: Tensor, b: Tensor, c: Tensor, start: Tensor, by_y: Tensor, by_end: Tensor
) -> tuple[Tensor, ...]:
    """Return the gradients by the state before the chunk, by ``a``, ``x``, ``delta``, ``b`` and ``c``."""
    decay, added, states = _states(x, delta, a, b, start)
    next_decay = ops.concatenate([decay[1:], ops.ones_like(decay[:1])])
    by_state = linear_recurrence(next_decay, c[..., None] * by_y[..., None, :], by_end, reverse=True)
    by_exponent = by_state * (states - added)
    by_written = _sum_states(by_state, b)
    return (
        decay[0] * by_state[0],
        ops.sum(by_exponent * delta[..., None, :], axis=(0, 2)),
        delta * by_written,
        x * by_written + ops.sum(by_exponent * a[:, None], axis=-2),
        _sum_channels(by_state, delta * x),
        _sum_channels(states, by_y),
    )


def _sum_states(states: Tensor, weights: Tensor) -> Tensor:
    return ops.einsum("lkbne,lkbn->lkbe", states, weights)


def _sum_channels(states: Tensor, weights: Tensor) -> Tensor:
    return ops.einsum("lkbne,lkbe->lkbn", states, weights)
