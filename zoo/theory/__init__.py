"""The paper's claims as programs, each of which draws a figure of `docs/theory.md`.

Source: F. Huszár, "How (not) to Train your Generative Model: Scheduled Sampling, Likelihood,
Adversary?" (2015), arXiv 1511.05101.
"""
