"""How far rounding to bfloat16 may move a result, on any processor.

Processors differ in where they round: those with bfloat16 units keep a sum in float32 and round it once,
others round each partial sum. So nothing is said of single operations. By backward error analysis (Higham,
Accuracy and Stability of Numerical Algorithms, 2002, chapter 3) a result is the exact one of data that are
each off by the roundings between them and it. A rounding is off by at most ``UNIT``, and as their errors
are independent, k of them come to about sqrt(k) ``UNIT`` (Higham and Mary, SIAM J. Sci. Comput. 41, 2019).
What that does to the result is not reckoned but measured: the data are moved by as much, with drawn signs,
and the largest change is allowed.
"""

from collections.abc import Callable, Iterable, Sequence

import keras
import numpy as np

from s3f_pipeline.backend.forward import compile_forward

UNIT = 2.0**-8
"""Unit roundoff of bfloat16: with 8 significant bits, x is rounded by at most UNIT times its size."""
DRAWS = 8
SEEN = 3
"""A wrong result must be off by this many times of what is allowed, or the test could not tell it."""

Function = Callable[..., np.ndarray]


def allowed_by_rounding(function: Function, data: Sequence[np.ndarray], roundings: int) -> float:
    """Largest change of ``function(*data)`` when each number is off by ``roundings`` roundings.

    Args:
        function: The computation without rounding.
        data: What goes into it and is rounded, or multiplied with what is.
        roundings: Most roundings between any number of ``data`` and the result: of the number, of each
            partial sum that it is part of, and of what is made of that sum.
    """
    rng = np.random.default_rng(0)
    size = np.sqrt(roundings) * UNIT
    exact = function(*data)
    moved = (function(*(x * (1 + size * rng.choice([-1, 1], x.shape)) for x in data)) for _ in range(DRAWS))
    return max(float(np.abs(result - exact).max()) for result in moved)


def assert_off_by_rounding(
    found: np.ndarray,
    function: Function,
    data: Sequence[np.ndarray],
    roundings: int,
    needed: Iterable[int] | None = None,
) -> None:
    """Check a result in bfloat16, and that the check would see if any of ``needed`` were left out.

    Args:
        found: The result.
        function: See ``allowed_by_rounding``.
        data: The same.
        roundings: The same.
        needed: Positions in ``data``; all of them if not given.
    """
    exact, allowed = function(*data), allowed_by_rounding(function, data, roundings)
    error = np.abs(found - exact).max()
    assert error <= allowed, f"off by {error}, where rounding explains {allowed}"
    for left_out in range(len(data)) if needed is None else needed:
        without = function(*(0 * x if place == left_out else x for place, x in enumerate(data)))
        change = np.abs(without - exact).max()
        assert change >= SEEN * allowed, f"without {left_out} off by {change}, and {allowed} is allowed"


def assert_logits_off_by_rounding(
    mixed: keras.Model, full: keras.Model, images: np.ndarray, roundings: int = 4
) -> None:
    """Check a network in bfloat16 against one in float32, which is left with other weights.

    A weight is rounded, and so is what its layer, the normalisation and the sum or gate after it make: 4.
    Where convolutions round partial sums as well, errors differ from pixel to pixel and average out.
    """

    def logits_of(network: keras.Model) -> Function:
        forward = compile_forward(keras.Model(network.input, network.get_layer("logits").output))
        real = [weight for weight in network.weights if weight.dtype == "float32"]

        def logits(*values: np.ndarray) -> np.ndarray:
            for weight, value in zip(real, values, strict=True):
                weight.assign(value)
            return forward(images)

        return logits

    values = [keras.ops.convert_to_numpy(weight) for weight in full.weights if weight.dtype == "float32"]
    head = len(values) - 2  # before its bias; most others matter less than that to some network
    assert_off_by_rounding(logits_of(mixed)(*values), logits_of(full), values, roundings, [head])
