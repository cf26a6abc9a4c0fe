"""Weights of the published S3F-Net (release v1.0.0-sn1), read as data into networks of this project.

Nothing that a file names is made: its layers are compared with those of our own network, and its numbers are
read by name and shape.
"""

from s3f_pipeline.bundle.importing.recognition import Recognised, recognise
from s3f_pipeline.bundle.keras_file import KerasFile, read_keras_file

__all__ = ["KerasFile", "Recognised", "read_keras_file", "recognise"]
