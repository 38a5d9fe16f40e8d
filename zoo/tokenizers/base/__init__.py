"""The contract of tokenizers."""
