"""Heads in MRI, with and without a tumour."""

import numpy as np

from s3f_pipeline.acquisition.phantoms.scenes.canvas import develop, draw_ellipse, draw_outline, texture

SIZE = 256
PLANES = ("ax", "co", "sa")


def draw_head(
    label: str, plane: str, rng: np.random.Generator, slice_rng: np.random.Generator | None = None
) -> np.ndarray:
    """Draw one slice of a head, uint8 of shape (256, 256), with the tumour that ``label`` names.

    ``glioma`` is an irregular ring with a dark core, ``meningioma`` an even disc at the skull,
    ``pituitary`` a small disc at the base; any other label draws none.

    Args:
        label: The class.
        plane: One of ``PLANES``.
        rng: Draws the patient: size, place and tilt of the head, brightness, kind and place of the tumour.
        slice_rng: Draws what differs between slices of one patient: how large head, ventricles and tumour
            are cut, and the tissue; ``None``: ``rng`` does.
    """
    slice_rng = slice_rng or rng
    cut, hollow, grown = slice_rng.uniform((0.88, 0.5, 0.6), (1, 1.3, 1.1))
    height = {"ax": 104, "co": 96, "sa": 90}[plane] * rng.uniform(0.92, 1.12) * cut
    width = {"ax": 82, "co": 86, "sa": 100}[plane] * rng.uniform(0.92, 1.12) * cut
    centre = np.array([SIZE / 2, SIZE / 2]) + rng.normal(0, 6, 2)
    tilt = float(rng.normal(0, 8))
    image = np.zeros((SIZE, SIZE), np.float32)
    draw_ellipse(image, centre, (width, height), tilt, rng.uniform(0.55, 0.8))
    draw_ellipse(image, centre, (width - 6, height - 6), tilt, 0.08)
    brain = np.zeros_like(image)
    draw_ellipse(brain, centre, (width - 11, height - 11), tilt, 1.0)
    tissue = (
        rng.uniform(0.32, 0.45)
        + 0.10 * texture(slice_rng, (SIZE, SIZE), 9)
        + 0.06 * texture(slice_rng, (SIZE, SIZE), 3)
    )
    image = np.where(brain > 0, tissue, image)
    for side in (-1, 1):
        ventricle = centre + np.array([side * rng.uniform(9, 16), rng.uniform(-12, 6)])
        axes = (hollow * rng.uniform(4, 8), hollow * rng.uniform(14, 24))
        draw_ellipse(image, ventricle, axes, tilt + side * 12, 0.12)
    _draw_tumour(image, label, centre, (width, height), grown, rng)
    return develop(image, slice_rng, 0.02)


def _draw_tumour(
    image: np.ndarray,
    label: str,
    centre: np.ndarray,
    axes: tuple[float, float],
    grown: float,
    rng: np.random.Generator,
) -> None:
    angle = rng.uniform(0, 2 * np.pi)
    direction = np.array([np.cos(angle), np.sin(angle)])
    if label == "glioma":
        place = centre + direction * np.array(axes) * rng.uniform(0.3, 0.5)
        radius = grown * rng.uniform(14, 26)
        turns = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        radii = radius * (1 + 0.25 * np.sin(3 * turns + angle) + rng.normal(0, 0.06, turns.size))
        outline = place + np.stack([np.cos(turns), np.sin(turns)], axis=1) * radii[:, None]
        draw_outline(image, outline, 0.85)
        draw_outline(image, place + (outline - place) * 0.6, 0.15)
    elif label == "meningioma":
        place = centre + direction * (np.array(axes) - 24)
        radius = grown * rng.uniform(12, 22)
        draw_ellipse(image, place, (radius, radius * rng.uniform(0.8, 1.2)), angle * 57, 0.9)
    elif label == "pituitary":
        place = centre + np.array([rng.normal(0, 4), axes[1] * 0.62])
        radius = grown * rng.uniform(7, 13)
        draw_ellipse(image, place, (radius, radius * rng.uniform(0.8, 1.3)), 0.0, 0.95)
