"""What samplers share: the decoding loop, beam search, categorical draws."""
