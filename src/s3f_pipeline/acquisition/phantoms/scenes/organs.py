"""Abdominal CT, cut out around one organ."""

from dataclasses import dataclass

import cv2
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
BONE = 0.92
AIR = 0.06


@dataclass(frozen=True)
class Organ:
    """How one organ looks; lengths are in pixels, x to the right and y down, from the middle.

    Attributes:
        axes: Half axes.
        value: Grey value.
        tilt: In degrees.
        notch: Middle and radius of a fatty notch, ``None`` where there is none.
        around: Neighbours: middle, half axes and grey value of each.
        roughness: Of the outline.
    """

    axes: tuple[float, float]
    value: float
    tilt: float = 0
    notch: tuple[float, float, float] | None = None
    around: tuple[tuple[float, float, float, float, float], ...] = ()
    roughness: float = 0.03


def mirrored(organ: Organ) -> Organ:
    """Return the organ of the other side."""
    return Organ(
        organ.axes, organ.value, -organ.tilt,
        organ.notch and (-organ.notch[0], *organ.notch[1:]),
        tuple((-x, y, width, height, value) for x, y, width, height, value in organ.around),
        organ.roughness,
    )  # fmt: skip


FEMUR = Organ((19, 19), BONE, around=((16, 44, 10, 34, BONE), (-34, -24, 26, 13, 0.8)))
KIDNEY = Organ((19, 34), 0.74, tilt=-12, notch=(16, 0, 11), around=((52, 0, 13, 70, BONE),))
LUNG = Organ((38, 54), AIR, tilt=6, around=((52, 22, 26, 34, 0.62), (0, 66, 50, 14, 0.58)))
ORGANS = {
    "bladder": Organ((32, 26), 0.4, around=((-56, 4, 13, 30, BONE), (56, 4, 13, 30, BONE))),
    "femur_left": mirrored(FEMUR),
    "femur_right": FEMUR,
    "heart": Organ((37, 33), 0.7, tilt=30, around=((-52, -8, 22, 58, AIR), (54, -12, 20, 58, AIR))),
    "kidney_left": mirrored(KIDNEY),
    "kidney_right": KIDNEY,
    "liver": Organ((52, 38), 0.62, tilt=-18, around=((0, -60, 60, 16, AIR),)),
    "lung_left": mirrored(LUNG),
    "lung_right": LUNG,
    "pancreas": Organ((40, 11), 0.54, tilt=-14, roughness=0.12, around=((4, 44, 17, 15, BONE),)),
    "spleen": Organ((18, 30), 0.66, tilt=25, around=((-38, -34, 26, 20, AIR), (50, 0, 8, 60, 0.85))),
}


def draw_organ(label: str, rng: np.random.Generator) -> np.ndarray:
    """Draw one organ in the middle of a slice, uint8 of shape (128, 128)."""
    organ = ORGANS[label]
    size = rng.uniform(0.85, 1.12)
    image = rng.uniform(0.4, 0.48) + 0.05 * texture(rng, SHAPE, 8)
    for x, y, *axes, value in organ.around:
        place = np.array([64, 64]) + np.array([x, y]) * size + rng.normal(0, 3, 2)
        neighbour = soft_mask(SHAPE, blob(rng, place, (axes[0] * size, axes[1] * size), 0.04), 1.5)
        image = blend(image, value, neighbour)
    inside = _shape_organ(organ, size, rng)
    image = blend(image, organ.value + rng.normal(0, 0.03) + 0.03 * texture(rng, SHAPE, 2), inside)
    return develop(image * rng.uniform(0.9, 1.08), rng, 0.03)


def _shape_organ(organ: Organ, size: float, rng: np.random.Generator) -> np.ndarray:
    centre = np.array([64.0, 64.0])
    outline = blob(rng, centre, (organ.axes[0] * size, organ.axes[1] * size), organ.roughness)
    shape = soft_mask(SHAPE, outline, 1.2)
    if organ.notch:
        x, y, radius = organ.notch
        draw_ellipse(shape, centre + np.array([x, y]) * size, (radius, radius), 0, 0.0)
    move = cv2.getRotationMatrix2D((64, 64), -organ.tilt + rng.normal(0, 8), 1)
    move[:, 2] += rng.normal(0, 4, 2)
    return cv2.warpAffine(shape, move, SHAPE[::-1])
