"""By which objective should a generative model be trained, and what comes out?

The same generators trained by maximum likelihood, scheduled sampling and
generalised Jensen–Shannon adversaries, measured by one rule.
Source: F. Huszár, "How (not) to Train your Generative Model", arXiv 1511.05101.

`zoo.runs.experiment` trains and loads runs; each folder below holds one kind of
part, one file a part. Importing `zoo` itself imports nothing heavy.
"""

__version__ = "0.1.0"
