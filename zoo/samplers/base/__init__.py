"""The decode loop, beam search and categorical draws, which samplers share."""
