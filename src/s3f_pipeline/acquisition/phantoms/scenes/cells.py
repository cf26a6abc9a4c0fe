"""Blood cells under the microscope, stained, among red cells."""

from dataclasses import dataclass

import numpy as np

from s3f_pipeline.acquisition.phantoms.scenes.canvas import (
    blend,
    blob,
    develop,
    draw_ellipse,
    soft_mask,
    texture,
)

SHAPE = (128, 128)
Color = tuple[float, float, float]
PURPLE: Color = (0.36, 0.16, 0.5)


@dataclass(frozen=True)
class Kind:
    """How one kind of cell looks.

    Attributes:
        radius: Of the cell, in pixels.
        cytoplasm: Its colour.
        lobes: Middle and radius of each part of the nucleus, in radii of the cell.
        nucleus: Colour of the nucleus.
        granules: Colour of the granules, ``None`` where there are none.
    """

    radius: float
    cytoplasm: Color
    lobes: tuple[tuple[float, float, float], ...]
    nucleus: Color = PURPLE
    granules: Color | None = None


KINDS = {
    "basophil": Kind(31, (0.72, 0.58, 0.74), ((0, 0, 0.55),), granules=(0.22, 0.1, 0.36)),
    "eosinophil": Kind(
        33, (0.92, 0.68, 0.62), ((-0.4, 0, 0.36), (0.4, 0, 0.36)), granules=(0.86, 0.36, 0.24)
    ),
    "erythroblast": Kind(23, (0.76, 0.66, 0.74), ((0, 0, 0.62),), nucleus=(0.2, 0.07, 0.3)),
    "immature_granulocyte": Kind(
        40, (0.7, 0.6, 0.8), ((-0.15, 0, 0.62), (0.1, 0.1, 0.55)), nucleus=(0.5, 0.28, 0.62),
        granules=(0.56, 0.36, 0.66),
    ),
    "lymphocyte": Kind(27, (0.66, 0.74, 0.9), ((0, 0, 0.84),)),
    "monocyte": Kind(
        40, (0.68, 0.7, 0.78), ((-0.35, -0.1, 0.36), (0, -0.3, 0.36), (0.35, -0.1, 0.36)),
        nucleus=(0.44, 0.26, 0.58),
    ),
    "neutrophil": Kind(
        33, (0.93, 0.8, 0.82),
        ((-0.45, -0.2, 0.28), (-0.1, 0.35, 0.26), (0.3, 0.1, 0.26), (0.25, -0.45, 0.25)),
    ),
    "platelet": Kind(11, (0.68, 0.5, 0.72), (), granules=(0.45, 0.22, 0.55)),
}  # fmt: skip


def draw_cell(label: str, rng: np.random.Generator) -> np.ndarray:
    """Draw one cell, uint8 RGB of shape (128, 128, 3)."""
    kind = KINDS[label]
    ground = np.array([0.95, 0.88, 0.87]) + rng.normal(0, 0.015, 3)
    image = np.full((*SHAPE, 3), ground, np.float32)
    image = _draw_red_cells(image, kind.radius, rng)
    centre = np.array([64, 64]) + rng.normal(0, 4, 2)
    radius = kind.radius * rng.uniform(0.88, 1.12)
    inside = soft_mask(SHAPE, blob(rng, centre, (radius, radius), 0.03), 1)
    image = blend(image, kind.cytoplasm, inside)
    image = _draw_nucleus(image, kind, centre, radius, rng)
    if kind.granules:
        image = blend(image, kind.granules, inside * np.clip(texture(rng, SHAPE, 1.3), 0, 1) * 0.9)
    return develop(image * rng.uniform(0.9, 1.04), rng, 0.012)


def _draw_nucleus(
    image: np.ndarray, kind: Kind, centre: np.ndarray, radius: float, rng: np.random.Generator
) -> np.ndarray:
    turn = rng.uniform(0, 2 * np.pi)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    for x, y, size in kind.lobes:
        place = centre + rotation @ np.array([x, y]) * radius
        lobe = soft_mask(SHAPE, blob(rng, place, (size * radius, size * radius), 0.05), 1)
        image = blend(image, kind.nucleus, lobe * (0.9 + 0.06 * texture(rng, SHAPE, 2)))
    return image


def _draw_red_cells(image: np.ndarray, free: float, rng: np.random.Generator) -> np.ndarray:
    """Draw red cells around the middle, ``free`` pixels of which stay free."""
    for turn in np.linspace(0, 2 * np.pi, rng.integers(3, 7)) + rng.uniform(0, 2 * np.pi):
        place = np.array([64, 64]) + (free + rng.uniform(22, 40)) * np.array([np.cos(turn), np.sin(turn)])
        draw_ellipse(image, place, (19, rng.uniform(16, 19)), np.degrees(turn), (0.89, 0.68, 0.69))
        draw_ellipse(image, place, (8, 7), 0, (0.92, 0.77, 0.77))
    return image
