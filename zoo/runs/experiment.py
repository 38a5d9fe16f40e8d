"""The definition of an experiment: three specs, hyper-parameters and a seed.

Nothing here imports TensorFlow, so that the flags which stand for an experiment are there at once.
"""

import dataclasses
import typing
from typing import Literal

from zoo import spec
from zoo.errors import RunFolderError, SpecError, require

# The fields that may change when a run is continued; with any other it would be another run.
MAY_CHANGE = {"steps", "decay_steps", "patience", "checkpoint_every", "sample_every"}
MAY_CHANGE |= {"data_dir", "tpu"}

# The fields that name other runs, whose weights a run begins with.
INITIAL = ("init_from", "init_discriminator_from")

_AT_LEAST = {"steps": 1, "batch_size": 1, "steps_per_execution": 1}
_AT_LEAST |= dict.fromkeys(("warmup_steps", "decay_steps", "clip_norm", "patience"), 0)
_AT_LEAST |= dict.fromkeys(("checkpoint_every", "sample_every"), 0)


@dataclasses.dataclass(frozen=True)
class Experiment:
    """Everything that decides the result of a run.

    The command-line flags of training are these fields, with the help given here.

    Attributes:
        data: The data set to learn from, a spec.
        model: The networks, a spec.
        objective: The objective to train by, a spec.
        steps: Training steps in total.
        batch_size: Examples per step.
        learning_rate: The peak learning rate.
        warmup_steps: Steps over which the learning rate rises linearly from 0 to its peak.
        decay: The learning rate after the warm-up: constant or cosine.
        decay_steps: The step at which the cosine reaches 0, at least `steps`; 0: at `steps`, or,
            when a run is continued, where it was before.
        optimizer: The optimizer: adam, adamw, rmsprop or sgd, with arguments as in
            adam(beta_1=0.5).
        clip_norm: The largest global norm of the gradients; 0: no clipping.
        average_decay: Decay of the exponential moving average (EMA) of the generator's weights,
            such as 0.999, with which samples are drawn and results measured; 0: no average.
        init_from: The run folder of another run, whose generator's weights (the EMA weights if it
            kept them) initialise the generator, e.g. one trained by maximum likelihood. Not
            needed any more once there is a checkpoint.
        seed: The seed of every random draw.
        precision: float32, or mixed_bfloat16, which computes in bfloat16 and keeps weights in
            float32.
        jit_compile: Compile the training step with XLA.
        strategy: Devices: auto (all GPUs, or the CPU), cpu, gpu (one), mirrored (all GPUs, or all
            logical CPUs), multi_worker (the processes of TF_CONFIG) or tpu.
        tpu: The name of the TPU for strategy tpu; local on a TPU VM.
        steps_per_execution: Training steps between two returns from the device, which saves time
            where steps are short; steps, checkpoint_every and sample_every are multiples of it.
        checkpoint_every: Steps between checkpoints; one is written at the end in any case, and 0
            means only then.
        sample_every: Steps between previews: samples, validation metrics and the check for a
            collapsed generator; 0: none.
        data_dir: Where tensorflow-datasets keeps its data, and where large texts and image folders
            are prepared; the usual places by default.
        keep_best: The validation figure, such as nll, by which the best checkpoint is kept beside
            the latest; loading then takes the best unless told otherwise. Validation then measures
            the EMA weights where they are kept. Lower is better, except for context_use,
            diversity and, of a density ratio, divergence_bound; an equal figure is no improvement.
        patience: With keep_best: end training after this many validations without improvement;
            0: make all steps.
        init_discriminator_from: The run folder of another run, whose discriminator initialises
            the discriminator; or of an lstm of texts, whose embedding and layers initialise those
            of a recurrent text discriminator of the same width and number of layers. Not needed any
            more once there is a checkpoint.

    Raises:
        SpecError: a value out of range, or a spec that cannot be read. Whether the specs name
            parts that fit each other is checked by `zoo.runs.building.compose`.
    """

    data: str
    model: str
    objective: str
    steps: int = 2000
    batch_size: int = 64
    learning_rate: float = 1e-3
    warmup_steps: int = 0
    decay: Literal["constant", "cosine"] = "constant"
    decay_steps: int = 0
    optimizer: str = "adam"
    clip_norm: float = 0.0
    average_decay: float = 0.0
    init_from: str | None = None
    seed: int = 0
    precision: Literal["float32", "mixed_bfloat16"] = "float32"
    jit_compile: bool = False
    strategy: Literal["auto", "cpu", "gpu", "mirrored", "multi_worker", "tpu"] = "auto"
    tpu: str | None = None
    steps_per_execution: int = 1
    checkpoint_every: int = 500
    sample_every: int = 500
    data_dir: str | None = None
    keep_best: str | None = None
    patience: int = 0
    init_discriminator_from: str | None = None

    @classmethod
    def recorded(cls, settings: dict[str, object], path: object) -> "Experiment":
        """The experiment of a record.

        Args:
            settings: its fields, as they were recorded.
            path: where, for the message.

        Raises:
            RunFolderError: it has fields that this version does not know.
        """
        unknown = settings.keys() - {field.name for field in dataclasses.fields(cls)}
        if unknown:
            raise RunFolderError(
                f"The experiment in {path} was recorded by another version of this package, which "
                f"has {', '.join(sorted(unknown))}. Update the package."
            )
        return cls(**settings)

    def __post_init__(self):
        """Refuses values out of range, before any work is done."""
        for field in dataclasses.fields(self):
            choices, value = typing.get_args(field.type), getattr(self, field.name)
            if typing.get_origin(field.type) is Literal and value not in choices:
                listed = ", ".join(choices)
                raise SpecError(f"{field.name}={value!r} is unknown. Known: {listed}.")
            require(
                not isinstance(value, (int, float)) or spec.is_number_within_limits(value),
                f"{field.name}={value!r} should be finite, and a whole number below 2^63.",
            )
        for name, least in _AT_LEAST.items():
            value = getattr(self, name)
            require(value >= least, f"{name}={value} should be at least {least}.")
        for name in ("steps", "checkpoint_every", "sample_every"):
            value = getattr(self, name)
            require(
                value % self.steps_per_execution == 0,
                f"{name}={value} should be a multiple of "
                f"steps_per_execution={self.steps_per_execution}.",
            )
        require(
            self.tpu is None or self.strategy == "tpu",
            f"tpu={self.tpu!r} is for --strategy=tpu; the strategy is {self.strategy}.",
        )
        require(self.learning_rate > 0, f"learning_rate={self.learning_rate} should be above 0.")
        require(
            0 <= self.average_decay < 1,
            f"average_decay={self.average_decay} should be at least 0 and below 1.",
        )
        self._require_validations()

    def _require_validations(self):
        """Refuses to choose, or to end, by validations that are not made."""
        require(
            self.patience == 0 or self.keep_best is not None,
            f"patience={self.patience} needs a validation figure to watch: give --keep_best=nll, "
            "for example.",
        )
        require(
            self.patience == 0 or self.strategy != "multi_worker",
            "Of several workers one validates, and the others would not know when to end: leave "
            "out --patience with --strategy=multi_worker.",
        )
        require(
            self.keep_best is None or 1 <= self.sample_every <= self.steps,
            f"keep_best={self.keep_best} needs a validation: sample_every={self.sample_every} "
            f"should be from 1 to steps={self.steps}.",
        )
