"""The zoo's side of `adversarial.py`."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import tensorflow as tf

from benchmarks import gemm
from zoo import domains, spec
from zoo.models.base.pair import LatentPair
from zoo.trainers import adversarial

if TYPE_CHECKING:
    from benchmarks.adversarial import Case


def set_threads(threads: int) -> None:
    """Sets the number of threads of TensorFlow."""
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    tf.config.threading.set_intra_op_parallelism_threads(threads)


def works(case: "Case") -> dict[str, Callable[[], object]]:
    """Timed functions, by name."""
    return {
        **gemm.works(**{"zoo": "float32", "zoo in bfloat16": "bfloat16"}),
        "zoo: step": _step(case),
        "zoo with XLA: step": _step(case, compiled=True),
        "zoo in bfloat16: step": _step(case, precision="mixed_bfloat16"),
    }


def model(case: "Case") -> LatentPair:
    """Builds the pair of a case."""
    domain = domains.Image((28, 28, 1), digits=True)
    text = f"dcgan(width={case.width}, latent_size={case.latent_size})"
    return spec.build("models", text, domain)


def _step(case, compiled=False, precision="float32"):
    keras.mixed_precision.set_global_policy(precision)
    trainer = adversarial.build(
        model(case),
        spec.build("objectives", f"generalised_js(pi=0.5, r1={case.r1})"),
        batch_size=case.batch,
        seed=0,
        average_decay=0,
    )
    optimizers = {name: keras.optimizers.Adam(1e-3, 0.5) for name in trainer.updates}
    trainer.compile(**optimizers, jit_compile=False)
    step = tf.function(trainer.train_step, jit_compile=compiled)
    images = tf.random.stateless_uniform([case.batch, 28, 28, 1], [0, 1])
    return lambda: step((images,))["generator_loss"].numpy()
