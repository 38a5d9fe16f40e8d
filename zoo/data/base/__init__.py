"""Parts of data sets: splits, orders, and readers of files."""
