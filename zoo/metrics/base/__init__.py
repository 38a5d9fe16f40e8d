"""Shared by the metrics: measurements, comparisons, standard errors, feature extractors."""
