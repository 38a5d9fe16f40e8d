"""Programs that train many runs: `python -m experiments.NAME`."""
