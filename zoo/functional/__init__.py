"""Pure functions: cross-entropy, diversity, score-function gradient."""
