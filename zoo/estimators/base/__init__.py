"""The contract of estimators."""
