"""Measurements of speed, each beside its peer or floor in the same run: ``python -m benchmarks``."""
