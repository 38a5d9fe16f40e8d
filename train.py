r"""Trains a generative model by an objective, or continues a run that was stopped.

An experiment is three specs, name or name(key=value, ...):

    python train.py --data=mnist_5k --model='dcgan(width=32)' \
      --objective='generalised_js(pi=0.5)' --workdir=runs/digits
    python train.py --data=surnames --model='lstm(units=128)' \
      --objective=maximum_likelihood --workdir=runs/names

A spec with a wrong argument is answered with the right ones. The same command on the same
--workdir continues the run; flags can be kept in a file and given as --flagfile=FILE.
"""

import dataclasses
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from absl import app, flags, logging

from zoo import spec
from zoo.errors import explained
from zoo.runs.experiment import Experiment, train

FLAGS = flags.FLAGS


def _known(folder):
    return f"Known: {', '.join(spec.names(folder))}."


flags.DEFINE_string("data", None, f"What to learn from. {_known('data')}", required=True)
flags.DEFINE_string("model", None, f"The networks. {_known('models')}", required=True)
flags.DEFINE_string("objective", None, f"What to train by. {_known('objectives')}", required=True)
flags.DEFINE_string("workdir", None, "The run folder; a run in it is continued.", required=True)
flags.DEFINE_integer("steps", 2000, "Training steps in all.", lower_bound=1)
flags.DEFINE_integer("batch_size", 64, "Examples a step.", lower_bound=1)
flags.DEFINE_string("optimizer", "adam", "adam, adamw, rmsprop or sgd, as in adam(beta_1=0.5).")
flags.DEFINE_float("learning_rate", 1e-3, "The highest learning rate.")
flags.DEFINE_integer("warmup_steps", 0, "Steps over which the learning rate rises from 0.")
flags.DEFINE_string("decay", "constant", "The learning rate afterwards: constant or cosine.")
flags.DEFINE_integer("decay_steps", 0, "Where the cosine comes to zero; 0: at the first --steps.")
flags.DEFINE_float("clip_norm", 0.0, "The largest norm of all gradients together; 0: no limit.")
flags.DEFINE_float(
    "average_decay",
    0.0,
    "Decay of a moving average of the generator's weights, such as 0.999, which samples and "
    "results are then made with; 0: none.",
)
flags.DEFINE_string(
    "init_from",
    None,
    "The run folder of a generator to begin with, such as one trained by maximum likelihood.",
)
flags.DEFINE_integer("seed", 0, "The seed of every random draw.")
flags.DEFINE_string("precision", "float32", "float32, or mixed_bfloat16.")
flags.DEFINE_boolean("jit_compile", False, "Whether XLA compiles the training step.")
flags.DEFINE_string("strategy", "auto", "auto (all GPUs, or the CPU), cpu, or mirrored.")
flags.DEFINE_integer("checkpoint_every", 500, "Steps between checkpoints; 0: only at the end.")
flags.DEFINE_integer(
    "sample_every",
    500,
    "Steps between sets of samples, and looks at held-out data and for a "
    "generator that has collapsed; 0: none.",
)
flags.DEFINE_string(
    "data_dir", None, "Where tensorflow-datasets keeps its data; by default its usual place."
)
flags.DEFINE_bool(
    "allow_changed_data", False, "Go on although the data has changed since the run began."
)


@explained
def main(argv):
    """Trains, and says where everything is."""
    if argv[1:]:
        raise app.UsageError(f"Not a flag: {' '.join(argv[1:])}")
    logging.set_verbosity(logging.WARNING)
    fields = [field.name for field in dataclasses.fields(Experiment)]
    run = train(
        Experiment(**{name: FLAGS[name].value for name in fields}),
        FLAGS.workdir,
        FLAGS.allow_changed_data,
    )
    path = run.folder.path
    print(
        f"\n{path} holds {run.step} steps of training: checkpoints/, samples/, experiment.json "
        f"and logs/ (tensorboard --logdir={run.folder.logs}).\n"
        f"Next:  python sample.py --workdir={path}\n"
        f"       python evaluate.py --workdir={path}\n"
        f"       python -m export --workdir={path} --output=served --name=my_model"
    )


if __name__ == "__main__":
    app.run(main)
