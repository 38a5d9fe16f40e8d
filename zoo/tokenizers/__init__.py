"""Tokenizers: texts to token ids and back, in TensorFlow operations.

A tokenizer is a `zoo.tokenizers.base.tokenizer.Tokenizer`. `vocabulary` has the one of characters
and words.
"""
