"""Programs that convert one signature of a SavedModel, each run in an environment of its own."""
