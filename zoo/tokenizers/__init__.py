"""Text to token indices and back."""
