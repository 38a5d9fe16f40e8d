"""Estimate of log P - log Q in nats from a discriminator, and its calibration."""
