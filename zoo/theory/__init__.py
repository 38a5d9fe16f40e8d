"""Closed-form results of the paper as functions; programs that plot them are in `experiments/`.

Source: F. Huszár, "How (not) to Train your Generative Model: Scheduled Sampling, Likelihood,
Adversary?" (2015), arXiv 1511.05101.
"""
