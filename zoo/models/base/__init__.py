"""Contracts of models, and code that several members share."""
