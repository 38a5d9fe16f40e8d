"""One experiment trained by several seeds, each in a run folder of its own."""

import dataclasses
import pathlib
import re

from zoo.errors import RunFolderError, require
from zoo.runs.experiment import Experiment
from zoo.runs.run import Run
from zoo.runs.run_folder import RunFolder
from zoo.runs.training import train

_NAME = re.compile(r"seed_(\d+)")


def train_seeds(
    experiment: Experiment, workdir: str, seeds: list[int], allow_changed_data: bool = False
) -> list[Run]:
    """Trains an experiment once for each seed, one after another.

    A seed whose run is finished is passed over, and one that was stopped is continued: each is
    what `train` makes of the seed alone.

    Args:
        experiment: the experiment; its own seed is not used.
        workdir: the folder of the run folders seed_0, seed_1 and so on.
        seeds: the seeds.
        allow_changed_data: see `train`.

    Returns:
        The trained runs, in the order of the seeds.

    Raises:
        SpecError: no seed, one below 0, or one that is given twice.
        RunFolderError: `workdir` is itself a run folder.
        ZooError: see `train`.
    """
    require(bool(seeds), "seeds is empty: give one or more whole numbers, such as 0,1,2.")
    require(min(seeds) >= 0, f"seeds={_listed(seeds)} should be 0 or larger.")
    require(len(set(seeds)) == len(seeds), f"seeds={_listed(seeds)} has a seed more than once.")
    each = [dataclasses.replace(experiment, seed=seed) for seed in seeds]  # refused before work
    if RunFolder(workdir).exists():
        raise RunFolderError(
            f"{workdir} is the folder of one run. Give a folder for several with --workdir, or "
            "--seed instead of --seeds."
        )
    runs = []
    for number, one in enumerate(each, 1):
        path = RunFolder(workdir).path / f"seed_{one.seed}"
        print(f"\nSeed {one.seed} ({number} of {len(each)}) in {path}", flush=True)
        runs.append(train(one, str(path), allow_changed_data))
    return runs


def folders(workdir: str) -> list[str]:
    """The run folders that a folder stands for: those of its seeds, or else the folder itself."""
    whole = RunFolder(workdir)
    if whole.exists() or not whole.path.is_dir():
        return [workdir]
    found = [path for path in whole.path.iterdir() if _is_seed(path)]
    return [str(path) for path in sorted(found, key=_seed)] or [workdir]


def _is_seed(path: pathlib.Path):
    return _NAME.fullmatch(path.name) is not None and RunFolder(path).exists()


def _seed(path):
    return int(_NAME.fullmatch(path.name)[1])


def _listed(seeds):
    return ",".join(map(str, seeds))
