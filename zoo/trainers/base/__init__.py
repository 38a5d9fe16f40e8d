"""The bases of trainers."""
