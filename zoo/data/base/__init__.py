"""What data sets share: splits, reading, orders."""
