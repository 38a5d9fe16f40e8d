"""The paper's closed results as functions; the programs that draw them are in `experiments/`.

Source: F. Huszár, "How (not) to Train your Generative Model: Scheduled Sampling, Likelihood,
Adversary?" (2015), arXiv 1511.05101.
"""
