"""Distribution strategies by name, and what the workers of one have to agree on."""

import contextlib
import functools
import json
import os
import pathlib
from collections.abc import Iterator

import tensorflow as tf

from zoo import replicas
from zoo.data.base.splits import Dataset, batches
from zoo.errors import SpecError, WorkerError, require
from zoo.runs.experiment import Experiment
from zoo.trainers.base.trainer import Trainer

_LOST = (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError)
_LOST += (
    tf.errors.InternalError,
    tf.errors.DeadlineExceededError,
    tf.errors.FailedPreconditionError,
)
_WRITTEN = (
    'as in {"cluster": {"worker": ["host1:2222", "host2:2222"]}, '
    '"task": {"type": "worker", "index": 0}}'
)


def strategy(experiment: Experiment) -> tf.distribute.Strategy:
    """The distribution strategy of an experiment.

    Args:
        experiment: its `strategy` is "cpu"; "gpu", one of them; "mirrored", all GPUs, or all
            logical CPUs where there is none; "multi_worker", the processes of TF_CONFIG; "tpu",
            that of `experiment.tpu`; or "auto", mirrored where there are several GPUs.

    Raises:
        SpecError: the devices are not there, or TF_CONFIG is missing or not as it should be.
    """
    return _STRATEGIES[experiment.strategy](experiment)


def _auto(experiment):
    if len(tf.config.list_logical_devices("GPU")) > 1:
        return _mirrored(experiment)
    return tf.distribute.get_strategy()


def _cpu(experiment):
    del experiment
    return tf.distribute.OneDeviceStrategy("/cpu:0")


def _gpu(experiment):
    del experiment
    require(
        bool(tf.config.list_physical_devices("GPU")),
        "strategy='gpu' needs a GPU, and TensorFlow sees none on this machine. Give "
        "--strategy=cpu, or install the extra 'gpu' and a driver.",
    )
    return tf.distribute.OneDeviceStrategy("/gpu:0")


def _mirrored(experiment):
    devices = [
        device.name.removeprefix("/device:")
        for device in tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    ]
    require(
        not experiment.jit_compile or len(devices) == 1 or devices[0].startswith("GPU"),
        "XLA cannot compile a step that several CPU devices share. Leave out --jit_compile, or "
        "give --strategy=cpu.",
    )
    return tf.distribute.MirroredStrategy(devices)


def _multi_worker(experiment):
    require_cluster(os.environ.get("TF_CONFIG", ""))
    require(
        not experiment.jit_compile or bool(tf.config.list_physical_devices("GPU")),
        "XLA cannot compile a step that workers without GPUs share. Leave out --jit_compile.",
    )
    try:
        return tf.distribute.MultiWorkerMirroredStrategy()
    except RuntimeError as error:
        raise SpecError(
            f"strategy='multi_worker' cannot begin in this process: {_first_line(error)} Train in "
            "a process that has done nothing with TensorFlow before."
        ) from None


def require_cluster(text: str) -> None:
    """Raises SpecError unless the text of TF_CONFIG names the workers and this process's place."""
    require(
        bool(text),
        "strategy='multi_worker' needs the environment variable TF_CONFIG, the same on all "
        f"workers but for the index: JSON {_WRITTEN}.",
    )
    try:
        content = json.loads(text)
        cluster, task = content["cluster"], content["task"]
        kind, index = task["type"], task["index"]
        right = (
            cluster.keys() <= {"chief", "worker"}
            and all(isinstance(hosts, list) and hosts for hosts in cluster.values())
            and len(cluster.get("chief", [])) <= 1
            and all(isinstance(h, str) and ":" in h for hosts in cluster.values() for h in hosts)
            and isinstance(index, int)
            and 0 <= index < len(cluster[kind])
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        right = False
    require(right, f"TF_CONFIG={text!r} should be JSON {_WRITTEN}.")


def _tpu(experiment):
    require(
        bool(experiment.tpu),
        "strategy='tpu' needs the name of a TPU: --tpu=local on a TPU VM, or --tpu=NAME.",
    )
    require(
        not experiment.jit_compile,
        "A TPU compiles every step: leave out --jit_compile with --strategy=tpu.",
    )
    try:
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver(tpu=experiment.tpu)
        if experiment.tpu != "local":
            tf.config.experimental_connect_to_cluster(resolver)
        tf.tpu.experimental.initialize_tpu_system(resolver)
        return tf.distribute.TPUStrategy(resolver)
    except (tf.errors.OpError, ValueError, RuntimeError, OSError) as error:
        raise SpecError(
            f"There is no TPU {experiment.tpu!r} ({_first_line(error)}). Give --tpu=local on a "
            "TPU VM with requirements-tpu.txt installed, or --strategy=cpu."
        ) from None


_STRATEGIES = {
    "auto": _auto,
    "cpu": _cpu,
    "gpu": _gpu,
    "mirrored": _mirrored,
    "multi_worker": _multi_worker,
    "tpu": _tpu,
}


def is_chief(strategy: tf.distribute.Strategy) -> bool:
    """True in the one process that writes the run folder: the chief, or the first worker."""
    if not _has_workers(strategy):
        return True
    resolver = strategy.cluster_resolver
    kinds = resolver.cluster_spec().as_dict()
    return resolver.task_id == 0 and resolver.task_type == (
        "chief" if "chief" in kinds else "worker"
    )


def fed(
    strategy: tf.distribute.Strategy,
    trainer: Trainer,
    dataset: Dataset,
    seed: int,
    steps: tuple[int, int],
) -> tf.data.Dataset | tf.distribute.DistributedDataset:
    """The batches of steps[0] to steps[1] - 1 for `fit`; each host reads its replicas' rows only.

    Give `fit` the number of steps: what several replicas share has no end.

    Args:
        strategy: the strategy that the trainer was built with.
        trainer: the trainer.
        dataset: the data set.
        seed: the run's seed.
        steps: the first step, and the step after the last one.
    """
    labelled, total = dataset.domain.num_classes > 0, strategy.num_replicas_in_sync
    if total == 1:
        return batches(dataset.train, trainer.num_real, seed, *steps, labelled)

    def share_of_host(context):
        local = total // context.num_input_pipelines

        def rows(number):
            replica = context.input_pipeline_id * local + number
            updates = max(trainer.updates.values())
            return replicas.rows_of_batch(trainer.num_read, updates, replica, total)

        data = batches(dataset.train, trainer.num_real, seed, *steps, labelled, rows, local)
        return data.repeat()  # of data without an end no worker asks the others whether it came

    return strategy.distribute_datasets_from_function(share_of_host)


def total(strategy: tf.distribute.Strategy, number: int) -> int:
    """The sum over workers of a number of each; waits for all of them.

    Raises:
        WorkerError: another worker is gone.
    """
    if not _has_workers(strategy):
        return number
    with workers_watched(strategy):
        summed = strategy.experimental_local_results(
            _summed(strategy)(tf.constant(number, tf.int64))
        )
    return int(summed[0]) // len(summed)


def require_same_step(strategy: tf.distribute.Strategy, step: int, folder: pathlib.Path) -> None:
    """Raises WorkerError unless all workers have found the same checkpoint in the run folder.

    Args:
        strategy: the strategy.
        step: the step of the checkpoint that this worker has found.
        folder: the run folder.
    """
    workers, sums, squares = (total(strategy, number) for number in (1, step, step**2))
    if sums != workers * step or squares != workers * step**2:
        raise WorkerError(
            f"The workers do not see the same run in {folder}: this one has found step {step}. "
            "Give a --workdir on a file system that all workers share."
        )


@functools.cache
def _summed(strategy):
    def add(value):
        # A copy, since what is reduced needs to be on a device.
        return replicas.total(tf.identity(value))

    return tf.function(lambda value: strategy.run(add, (value,)), autograph=False)


@contextlib.contextmanager
def workers_watched(strategy: tf.distribute.Strategy) -> Iterator[None]:
    """Says in a sentence that another worker is gone, where a step fails for that.

    Raises:
        WorkerError: it is.
    """
    try:
        yield
    except _LOST as error:
        if not _has_workers(strategy):
            raise
        raise WorkerError(
            f"Another worker of the run is gone ({_first_line(error)}). Start all workers again "
            "with the same command: the run goes on from its last checkpoint."
        ) from None


def _has_workers(strategy):
    return isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy)


def _first_line(error):
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")[:200]
