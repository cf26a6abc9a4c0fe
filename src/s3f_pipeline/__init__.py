"""Train, evaluate, explain and compare networks that see medical images in space and frequency."""

__version__ = "0.1.0"
