"""Shared by objectives: contracts, schedules, regularisation of the discriminator."""
