"""Typed configuration, and the loader that Kedro uses."""
