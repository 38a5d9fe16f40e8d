"""Programs that train or compare many models: `python -m experiments.NAME`."""
