"""Predict images: ``python predict.py image.png …``; needs onnxruntime, OpenCV and NumPy alone."""

import json
import sys
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

FOLDER = Path(__file__).resolve().parent
SAYS = json.loads((FOLDER / "preprocessing.json").read_text(encoding="utf-8"))


def read(path: str) -> np.ndarray:
    """Read a picture of 8 bits as the network takes it, float32 (H, W, C) in [0, 1]."""
    color = cv2.IMREAD_GRAYSCALE if SAYS["input"]["color"] == "grey" else cv2.IMREAD_COLOR_RGB
    image = cv2.imread(path, color | cv2.IMREAD_ANYDEPTH)
    if image is None or image.dtype != np.uint8:
        sys.exit(f"{path} is no picture of 8 bits that OpenCV can read.")
    height, width = rows, columns = SAYS["input"]["image_size"]
    if SAYS["input"]["aspect"] == "pad":
        scale = min(height / image.shape[0], width / image.shape[1])
        rows, columns = (max(1, round(scale * side)) for side in image.shape[:2])
    image = cv2.resize(image, (columns, rows), interpolation=cv2.INTER_AREA).reshape(rows, columns, -1)
    top, left = (height - rows) // 2, (width - columns) // 2
    image = np.pad(image, ((top, height - rows - top), (left, width - columns - left), (0, 0)))
    return image.astype(np.float32) / 255


if __name__ == "__main__":
    if len(sys.argv) == 1:
        sys.exit(__doc__)
    session = onnxruntime.InferenceSession(FOLDER / "model.onnx", providers=["CPUExecutionProvider"])
    for path in sys.argv[1:]:
        (probabilities,) = session.run(["probabilities"], {"images": read(path)[None]})
        told = zip(SAYS["classes"], probabilities[0].tolist(), strict=True)
        print(json.dumps({"image": path, **dict(told)}, ensure_ascii=False))
