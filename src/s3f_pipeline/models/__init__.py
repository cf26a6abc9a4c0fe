"""The networks.

Names by which a layer can be looked up, stable over versions:

- ``images``: the input.
- ``spatial_vector`` and ``spectral_vector``: feature vectors of the towers, 512 and 4 numbers per image.
- ``spatial_stage4_relu``: the last feature map of the spatial tower.
- ``spectral_filter1`` and, in SN2, ``spectral_filter2``: the spectral filters.
- ``spectral_conv2_relu`` in SN1, ``spectral_conv1_relu`` in SN2: the last feature map of SpectraNet; in
  ``spectral_compact`` it has been pooled.
- ``resnet_vector`` and ``resnet_stage4_block2_relu``: feature vector and last feature map of ResNet-18.
- ``medmamba_vector`` and ``medmamba_stage4_block2``: feature vector and last feature map of MedMamba.
- ``convnext_tiny_vector``, ``efficientnet_v2_b0_vector`` and ``densenet121_vector``: feature vectors of the
  networks of ``keras.applications``; ``convnext_tiny_stage_3_block_2_identity``, ``top_activation`` and
  ``relu``, as Keras calls them: their last feature maps.
- ``fusion``: the fused feature vector.
- ``stage1_activation`` to ``stage4_activation``, ``features``: the feature maps of the stages of
  MedSpectralNet (our interpretation) and its feature vector; ``stage4_block3_global`` and the like: what
  attention adds.
- ``logits`` and ``probabilities``: the head before and after softmax or sigmoid.
"""

import s3f_pipeline.backend  # noqa: F401 - imports Keras, without TensorFlow's chatter
from s3f_pipeline.models.build import build_model
from s3f_pipeline.models.loading import load_model
from s3f_pipeline.models.networks import variant_names
from s3f_pipeline.models.room import weights_needed
from s3f_pipeline.models.summary import summarise
from s3f_pipeline.models.values import without_weights

__all__ = ["build_model", "load_model", "summarise", "variant_names", "weights_needed", "without_weights"]
