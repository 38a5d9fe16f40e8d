"""Distributions that are known exactly: they have a log-density and can be sampled."""
