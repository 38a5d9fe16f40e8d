"""What metrics share: measurements, comparisons, standard errors, feature extractors."""
