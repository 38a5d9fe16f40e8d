"""The zoo's side of `autoregressive.py`."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import tensorflow as tf

from benchmarks import gemm
from zoo import domains, spec
from zoo.models.base.sequence_model import SequenceModel
from zoo.tokenizers.vocabulary import END, UNKNOWN, Vocabulary
from zoo.trainers import autoregressive

if TYPE_CHECKING:
    from benchmarks.autoregressive import Case

OBJECTIVES = {
    "maximum likelihood": "maximum_likelihood",
    "scheduled sampling": "scheduled_sampling(schedule='constant', keep_probability=0.5, passes=2)",
}
EXACT = "scheduled_sampling(schedule='constant', keep_probability=0.5)"


def set_threads(threads: int) -> None:
    """Sets the number of threads of TensorFlow."""
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    tf.config.threading.set_intra_op_parallelism_threads(threads)


def works(case: "Case") -> dict[str, Callable[[], object]]:
    """Timed functions, by name."""
    made, objectives = gemm.works(zoo="float32"), dict(OBJECTIVES)
    if case.kind == "transformer":  # for recurrent models both are the same
        objectives["scheduled sampling, token by token"] = EXACT
    for compiled in (False, True):
        for name, objective in objectives.items():
            made[f"zoo{' with XLA' * compiled}: {name}"] = _step(case, objective, compiled)
        made[f"zoo{' with XLA' * compiled}: sampling"] = _sampling(case, compiled)
    return made


def model(case: "Case") -> SequenceModel:
    """Builds the model of a case."""
    tokens = [UNKNOWN, END, *map(chr, range(1000, 1000 + case.vocabulary_size - 2))]
    domain = domains.Text(Vocabulary(tokens, "character"), case.length, contiguous=True)
    return spec.build("models", f"{case.kind}(units={case.units}, layers={case.layers})", domain)


def _step(case, objective, compiled):
    objective = spec.build("objectives", objective)
    trainer = autoregressive.build(
        model(case), objective, batch_size=case.batch, seed=0, average_decay=0
    )
    trainer.compile(keras.optimizers.Adam(), jit_compile=False)
    step = tf.function(trainer.train_step, jit_compile=compiled)
    shape = [case.batch, case.length]
    tokens = tf.random.stateless_uniform(shape, [0, 1], 2, case.vocabulary_size, tf.int32)
    return lambda: step((tokens,))["nll"].numpy()


def _sampling(case, compiled):
    sampled, sampler = model(case), spec.build("samplers", "ancestral")
    seeds = tf.range(case.batch, dtype=tf.int64)
    generate = tf.function(
        lambda some: sampled.generate(some, sampler).tokens, jit_compile=compiled
    )
    return lambda: generate(seeds).numpy()
