"""Scheduled sampling as a regulariser: tables fitted to few pairs of tokens, exactly.

    python -m experiments.little_data

prints, for several numbers N of pairs drawn from `zoo.theory.scheduled_sampling.EXAMPLE`, the
expected KL[P‖Q] of maximum likelihood and of scheduled sampling at its best ε, and the gain from
selecting the best of several runs; see `zoo.theory.little_data`.
"""

import argparse

import numpy as np

from zoo.errors import explained
from zoo.theory.little_data import best_keep_probability, best_of, expected_kl
from zoo.theory.scheduled_sampling import EXAMPLE, independent

COUNTS = 5, 10, 20, 40, 80


def main(arguments: list[str] | None = None) -> None:
    """Prints both tables; see the module docstring."""
    argparse.ArgumentParser(description=__doc__.partition("\n")[0]).parse_args(arguments)
    for name, p in {"the example": EXAMPLE, "independent tokens": independent(EXAMPLE)}.items():
        print(f"{name}\n   N  likelihood  best ε  at best ε")
        for count in COUNTS:
            keep = best_keep_probability(p, count)
            values = [expected_kl(p, count, each) for each in (1, keep)]
            print(f"{count:>4}  {values[0]:<10.4f}  {keep:<6.3f}  {values[1]:.4f}")
    print("the example, best of several runs\n   N  ε     runs  KL[P‖Q]")
    for count in (10, 40):
        for keep in (1, 0.75, 0.5):
            for runs in (1, 5, 20):
                values = best_of(EXAMPLE, count, keep, runs, draws=1000)
                error = values.std(ddof=1) / np.sqrt(len(values))
                print(f"{count:>4}  {keep:<4}  {runs:>4}  {values.mean():.4f} ± {error:.4f}")


if __name__ == "__main__":
    explained(main)()
