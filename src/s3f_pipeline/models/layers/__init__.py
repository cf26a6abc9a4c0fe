"""Keras layers of the networks, one per file, all registered for loading in safe mode."""

from s3f_pipeline.models.layers.band_attention import BandAttention
from s3f_pipeline.models.layers.batch_normalization import FusedBatchNormalization
from s3f_pipeline.models.layers.bilinear_fusion import BilinearFusion
from s3f_pipeline.models.layers.compact_spectral_filter import CompactSpectralFilter
from s3f_pipeline.models.layers.context_gate import ContextGate
from s3f_pipeline.models.layers.frequency_bands import FrequencyBands
from s3f_pipeline.models.layers.gather_neighbours import GatherNeighbours
from s3f_pipeline.models.layers.interleave import Interleave
from s3f_pipeline.models.layers.selective_scan_2d import SelectiveScan2D
from s3f_pipeline.models.layers.spectral_filter import SpectralFilter

__all__ = [
    "BandAttention",
    "BilinearFusion",
    "CompactSpectralFilter",
    "ContextGate",
    "FrequencyBands",
    "FusedBatchNormalization",
    "GatherNeighbours",
    "Interleave",
    "SelectiveScan2D",
    "SpectralFilter",
]
