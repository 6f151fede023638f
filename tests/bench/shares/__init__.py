"""Simulation study of the corrected shares (docs/statistics.md); run with `make simulate`."""
