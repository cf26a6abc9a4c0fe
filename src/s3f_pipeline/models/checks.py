"""Whether a network fits its images and classes."""

from s3f_pipeline.backend import Tensor
from s3f_pipeline.errors import ModelError


def require_input_shape(input_shape: tuple[int, ...]) -> None:
    """Check that ``input_shape`` is (height, width, channels), each a positive integer.

    Raises:
        ModelError: If it is not.
    """
    three = isinstance(input_shape, tuple | list) and len(input_shape) == 3
    if not three or not all(isinstance(size, int) and size > 0 for size in input_shape):
        raise ModelError(
            "A network is built for images of shape (height, width, channels), each a positive whole number, "
            f"such as (256, 256, 1) for grey images. Received: input_shape={input_shape}"
        )


def require_num_classes(num_classes: int) -> None:
    """Check that there is at least one output.

    Raises:
        ModelError: If there is not.
    """
    if not isinstance(num_classes, int) or isinstance(num_classes, bool) or num_classes < 1:
        raise ModelError(
            "`num_classes` must be a whole number: 1 for one sigmoid output, 2 or more for softmax. "
            f"Received: num_classes={num_classes}"
        )


def require_size(images: Tensor, smallest: int, part: str) -> None:
    """Check that images survive the pooling of a network.

    Args:
        images: Symbolic, of shape (B, H, W, C).
        smallest: Least H and W in pixels.
        part: What a message calls the part of the network that pools.

    Raises:
        ModelError: If the images are smaller.
    """
    height, width = images.shape[1:3]
    if min(height, width) < smallest:
        raise ModelError(
            f"Images of {height} x {width} pixels are too small for {part}, which needs at least "
            f"{smallest} x {smallest}. Choose a larger image size."
        )
