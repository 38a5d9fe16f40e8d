"""An experiment and its life: building, training, checkpoints, loading, sampling."""
