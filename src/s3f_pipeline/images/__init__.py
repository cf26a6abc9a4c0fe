"""Decode, resize, store and hash images."""
