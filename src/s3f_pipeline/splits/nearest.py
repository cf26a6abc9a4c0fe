"""Nearest neighbours among many vectors, by an inverted file of faiss.

J. Johnson, M. Douze, H. Jégou, "Billion-scale similarity search with GPUs", IEEE Transactions on Big Data
7(3), 2019.
"""

from math import isqrt

import numpy as np

EXHAUSTIVE_BELOW = 2000
CELLS_PER_ROOT = 4
PROBES = 32
"""Cells in which neighbours are looked for: of 100,000 vectors the nearest was found in all of 20,000
trials, and 0.96 of the nearest eight."""
LEARNT_FROM = 40
"""Vectors per cell."""


class NearestNeighbours:
    """Finds, among a set of vectors, those nearest to others. It uses one thread.

    Args:
        vectors: float32 of shape (n, d).
    """

    def __init__(self, vectors: np.ndarray) -> None:
        """Divide the vectors into cells."""
        import faiss

        faiss.omp_set_num_threads(1)
        count, dimensions = vectors.shape
        flat = faiss.IndexFlatL2(dimensions)
        self._index: faiss.Index = flat
        if count >= EXHAUSTIVE_BELOW:
            cells = min(CELLS_PER_ROOT * isqrt(count), count // LEARNT_FROM)
            divided = faiss.IndexIVFFlat(flat, dimensions, cells)
            divided.nprobe = PROBES
            divided.train(np.ascontiguousarray(vectors[:: max(1, count // (LEARNT_FROM * cells))]))
            self._index = divided
        self._index.add(vectors)

    def of(self, vectors: np.ndarray, neighbours: int) -> np.ndarray:
        """Positions of the nearest ones, int64 of shape (m, neighbours), -1 where there are no more."""
        _, positions = self._index.search(vectors, neighbours)
        return np.asarray(positions)
