"""Distributions with a known log-density that can be sampled, see `distribution.Distribution`."""
