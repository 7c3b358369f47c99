"""Measurements: run as `python -m benchmarks.<name>` from the checkout; docs/benchmarks.md holds what they printed."""
