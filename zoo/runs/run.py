"""A trained run: its networks, its data, samples and the log density ratio."""

import dataclasses
import functools
import pathlib

import keras
import numpy as np
import tensorflow as tf

from zoo import domains, samplers, spec
from zoo.batch import Batch
from zoo.data.base.splits import Dataset
from zoo.density_ratio import calibration, estimate
from zoo.density_ratio.trained import Trained
from zoo.errors import DataError, require
from zoo.models.base.latent_generator import LatentGenerator
from zoo.models.base.sequence_model import PatchModel, SequenceModel
from zoo.runs import datasets, refining, sampling
from zoo.runs.experiment import Experiment
from zoo.runs.run_folder import RunFolder

_DRAWS = {"text": sampling.tokens, "image": sampling.images, "points": sampling.points}
_SAMPLES = _DRAWS | {"text": sampling.texts}


@dataclasses.dataclass(frozen=True)
class Run(Trained):
    """The result of an experiment.

    Attributes:
        folder: the run folder.
        experiment: the experiment.
        domain: the domain of the data.
        model: the member of `zoo.models`, trained; its generator has the EMA weights if the run
            kept them.
        objective: the member of `zoo.objectives` it was trained by.
        step: the number of training steps.
        sampler: the spec of the member of `zoo.samplers` by which an autoregressive model draws;
            of other models `refine` alone. It is part of what is measured: another sampler makes
            another distribution of the same network.
        allow_changed_data: whether `dataset` may have other examples than the run began with.
        results: the folder that evaluations are written to; None: the run folder.
        checkpoint: the checkpoint that was asked for, "latest" or "best"; None: the default, see
            `zoo.load`.
        published_temperature: the calibration temperature of a published model; None: it is
            fitted when it is first asked for.
    """

    folder: RunFolder
    experiment: Experiment
    domain: domains.Domain
    model: object
    objective: object
    step: int
    sampler: str = "ancestral()"
    allow_changed_data: bool = False
    results: pathlib.Path | None = None
    published_temperature: float | None = None
    checkpoint: str | None = None

    @functools.cached_property
    def dataset(self) -> Dataset:
        """The data set, read when it is first asked for.

        Raises:
            DataError: the data is not to be had.
            RunFolderError: the data has changed since the run was trained.
        """
        data = spec.read("data", self.experiment.data)
        try:
            data_dir, allowed = self.experiment.data_dir, self.allow_changed_data
            return datasets.read(data, data_dir, self.folder, allowed)[0]
        except DataError as error:
            if all(file.exists() for file in data.files()):
                raise
            raise DataError(
                f"{error} If it has moved, give its new path in --data: of a published model, "
                "with --pretrained; of a run, to train.py, once, with the other flags of the run "
                f"and --workdir={self.folder.path}."
            ) from error

    @property
    def generator(self) -> keras.Model:
        """The network that is sampled from."""
        return self.model.networks()["generator"]

    def samples(self, count: int, seed: int = 0, **options: object) -> np.ndarray | list[str]:
        """Draws images, texts or points; see the functions of `zoo.runs.sampling`.

        Args:
            count: the number of samples.
            seed: another seed gives other samples.
            **options: other arguments of `sampling.images`, `sampling.texts` or
                `sampling.points`.

        Raises:
            SpecError: a label of no class of the model, or see `zoo.runs.sampling`.
        """
        self._require_class("label", options.get("label"))
        if self.refiner is not None:
            return self.refined(count, seed, **options).samples
        draw = _SAMPLES[self.domain.kind]
        return draw(self.generator, count, seed, **(self._options | options))

    def refined(
        self,
        count: int,
        seed: int = 0,
        label: int | None = None,
        prompt: str = "",
        length: int | None = None,
    ) -> refining.Refined:
        """Draws samples by the sampler `refine`, with the number of candidates of each.

        The ratio is divided by `calibration_temperature`, which the first time reads the data's
        validation split.

        Args:
            count: the number of samples.
            seed: another seed gives other samples.
            label: the class of all images, see `sampling.images`.
            prompt: of texts, see `sampling.texts`.
            length: None, or that of the data: the discriminator reads whole texts.

        Raises:
            SpecError: the run's sampler is not refine, its objective estimates no density ratio, an
                option is not for the data, or the discriminator cannot read texts of another
                length.
        """
        require(
            self.refiner is not None,
            f"{self.sampler} chooses among no candidates; give the sampler refine(candidates=8).",
        )
        self._require_class("label", label)
        if self.domain.kind != "text":
            require(
                not prompt and length is None,
                f"{self.experiment.model} draws no texts: leave prompt and length out.",
            )
            drawn = self.refiner.draw(count, seed, label)
            return refining.Refined(drawn.samples.values, drawn.candidates)
        require(
            length in (None, self.domain.length),
            f"length={length}: {self.sampler} reads whole texts of at most {self.domain.length} "
            "tokens; leave length out.",
        )
        vocabulary = self.domain.vocabulary
        start = sampling.encoded(vocabulary, prompt, self.domain.length)
        drawn = self.refiner.draw(count, seed, prompt=tuple(start.numpy()[0]))
        texts = sampling.written(vocabulary, prompt, drawn.samples.values, start.shape[1])
        return refining.Refined(texts, drawn.candidates)

    def require_sampler(self) -> None:
        """Raises SpecError unless the run can be sampled by its sampler."""
        require(
            self.sampler == type(self).sampler
            or isinstance(self.generator, SequenceModel)
            or samplers.is_refinement(self.sampler),
            f"{self.experiment.model} generates an example in one pass: "
            f"sampler={self.sampler} does not apply to it.",
        )
        if samplers.is_refinement(self.sampler):
            estimate.require_given(self)

    @functools.cached_property
    def refiner(self) -> refining.Refiner | None:
        """Chooses among candidates where the sampler is refine; None where it is another."""
        if not samplers.is_refinement(self.sampler):
            return None
        return refining.Refiner(self.unrefined, self.sampler, self.calibration_temperature)

    @property
    def unrefined(self) -> "Run":
        """The run as it is sampled without refinement."""
        if not samplers.is_refinement(self.sampler):
            return self
        return dataclasses.replace(self, sampler=type(self).sampler)

    def draw(self, count: int, seed: int = 0) -> np.ndarray:
        """Draws samples as the data has its examples: images, points, tokens [count, length]."""
        if self.refiner is not None:
            return self.refiner.draw(count, seed).samples.values
        return _DRAWS[self.domain.kind](self.generator, count, seed, **self._options)

    def examples(self, count: int, seed: int = 0) -> Batch:
        """Draws as `draw` does, with labels int32 [count] where the data come with them."""
        if self.refiner is not None:
            return self.refiner.draw(count, seed).samples
        drawn, classes = self.draw(count, seed), self.domain.num_classes
        if classes == 0:
            return Batch(drawn)
        return Batch(
            drawn, (np.concatenate(sampling.seeds(count, seed)) % classes).astype(np.int32)
        )

    @property
    def _options(self):
        """The options that samples are drawn with unless others are given."""
        return {} if self.domain.kind == "points" else {"sampler": self.sampler}

    @functools.cached_property
    def calibration_temperature(self) -> float:
        """The temperature that calibrates the discriminator on the validation split.

        See `zoo.density_ratio.calibration.fitted`.
        """
        if self.published_temperature is not None:
            return self.published_temperature
        return calibration.fitted(self.unrefined)

    @property
    def results_folder(self) -> pathlib.Path:
        """The folder that evaluations are written to."""
        return self.folder.path if self.results is None else self.results

    def log_density_ratio(
        self, values: np.ndarray, labels: np.ndarray | None = None, calibrated: bool = False
    ) -> np.ndarray:
        """Estimates r = log P - log Q in nats from the discriminator; r > 0 where data is likelier.

        P is the data, Q the generator; with labels both are distributions of pairs.

        Args:
            values: examples, such as images float [count, height, width, channels] in [0, 1].
            labels: their classes, integers [count], where the data come with labels.
            calibrated: divide r by `calibration_temperature`, which the first time reads the
                data's validation split and draws samples.

        Returns:
            float64 [count].

        Raises:
            SpecError: the run's objective estimates no density ratio, or labels are missing or too
                many.
        """
        ratio = estimate.log_density_ratio(self, Batch(values, labels))
        return ratio / self.calibration_temperature if calibrated else ratio

    def complete(self, known_rows: int, count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Completes test images from their upper rows; see `zoo.runs.sampling.complete`.

        Args:
            known_rows: the number of rows to keep, rounded down to whole patches.
            count: the number of images.
            seed: another seed gives other completions of the same images.

        Returns:
            The images and their completions, float32 [count, height, width, 1] each.

        Raises:
            SpecError: the model is no autoregressive one of images, there are not as many test
                images, or not as many rows.
        """
        require(
            isinstance(self.generator, PatchModel),
            f"{self.experiment.model} completes no images. Autoregressive models of images do.",
        )
        test, height = self.dataset.test, self.domain.shape[0]
        require(count <= len(test), f"There are {len(test)} test images; count={count} is more.")
        require(0 <= known_rows <= height, f"known_rows={known_rows} should be from 0 to {height}.")
        labels = tf.constant(test.labels[:count]) if self.domain.num_classes else None
        originals = test.at(tf.range(count))
        completed = sampling.complete(
            self.generator, originals, known_rows, seed, self.sampler, labels
        )
        return originals.numpy(), completed

    def interpolate(
        self,
        count: int,
        steps: int,
        seed: int = 0,
        label: int | None = None,
        to_label: int | None = None,
    ) -> np.ndarray:
        """Draws paths between samples, or from class to class; see `zoo.runs.sampling.interpolate`.

        Args:
            count: the number of paths.
            steps: the number of examples on each, at least 2.
            seed: another seed gives other paths.
            label: the first class, for a class-conditional model; None: each class in turn.
            to_label: the last class, with a latent that stays; None: the class stays, and the
                latent goes from that of one sample to that of the next.

        Returns:
            float32 [count, steps, ...], such as images [count, steps, height, width, channels].

        Raises:
            SpecError: the model has no latents, a label is of no class of it, or there is only
                one step.
        """
        require(
            isinstance(self.generator, LatentGenerator),
            f"{self.experiment.model} has no latents to interpolate between. Generators that "
            "turn noise into images have, such as dcgan.",
        )
        require(steps >= 2, f"steps={steps} should be at least 2: the two ends of a path.")
        self._require_class("label", label)
        self._require_class("to_label", to_label)
        return sampling.interpolate(self.generator, count, steps, seed, label, to_label)

    def _require_class(self, name, label):
        """Raises SpecError unless `label` is None or a class of the model."""
        classes = self.domain.num_classes
        require(
            label is None or 0 <= label < classes,
            f"{name}={label}: {self.experiment.model} on {self.experiment.data} "
            + (f"has the classes 0 to {classes - 1}." if classes else "is of no classes."),
        )

    def most_probable(
        self, beam_width: int, length: int | None = None, prompt: str = ""
    ) -> list[tuple[str, float]]:
        """Finds the most probable texts by beam search; see `zoo.runs.sampling.most_probable`."""
        return sampling.most_probable(self.generator, beam_width, length, prompt)
