"""`train.py` as one of several workers, which also saves the weights that it ends with itself.

Its first argument is the file to save them in; the others are train.py's flags.
"""

import os
import runpy
import sys

import numpy as np

from zoo.runs import checkpoints

path = sys.argv.pop(1)
save = checkpoints.Checkpoints.save


def saved(self, step):
    save(self, step)
    variables = self._components["generator"]
    np.savez(path, **{str(number): v.numpy() for number, v in enumerate(variables)})


checkpoints.Checkpoints.save = saved
sys.argv[0] = "train.py"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
runpy.run_path("train.py", run_name="__main__")
