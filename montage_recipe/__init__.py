"""A compiler from a YAML recipe to a finished video."""

__version__ = "0.1.0"
