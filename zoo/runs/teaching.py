"""Finds the teacher of a run that is trained by distillation."""

from zoo import domains
from zoo.errors import PretrainedError, RunFolderError, SpecError, require
from zoo.models.base.sequence_model import SequenceModel
from zoo.objectives.base.contracts import DistillationObjective, Objective
from zoo.runs import digests
from zoo.runs.loading import load_either
from zoo.runs.run_folder import RunFolder
from zoo.trainers.base.trainer import Trainer


def teach(
    trainer: Trainer, objective: Objective, domain: domains.Domain, folder: RunFolder
) -> str | None:
    """Gives the trainer of a distillation its teacher.

    Args:
        trainer: the trainer.
        objective: its objective.
        domain: the domain of the student's data.
        folder: the student's run folder.

    Returns:
        The digest of the teacher's weights; None for an objective without a teacher.

    Raises:
        SpecError, RunFolderError: see `teacher_of`.
    """
    if not isinstance(objective, DistillationObjective):
        return None
    teacher, digest = teacher_of(objective, domain, trainer.generator, folder)
    trainer.learn_from(teacher)
    return digest


def teacher_of(
    objective: DistillationObjective,
    domain: domains.Domain,
    student: SequenceModel,
    folder: RunFolder,
) -> tuple[SequenceModel, str]:
    """Loads the teacher that an objective names.

    Args:
        objective: the objective.
        domain: the domain of the student's data.
        student: the student.
        folder: the student's run folder.

    Returns:
        The teacher's generator, with its EMA weights if it kept them; and the digest of its
        weights.

    Raises:
        SpecError: there is no such teacher, or it is none for these data.
        RunFolderError: the run was trained by a teacher with other weights.
    """
    try:
        run = load_either(objective.teacher)
    except (RunFolderError, PretrainedError) as error:
        raise SpecError(f"distillation: no teacher at {objective.teacher}. {error}") from None
    teacher = run.generator
    require(
        isinstance(teacher, SequenceModel) and _of_one_kind(run.domain, domain),
        f"distillation: the teacher {objective.teacher} is {run.experiment.model} of {run.domain}; "
        f"here are {domain}. Give a sequence model of the same tokens.",
    )
    theirs, ours = teacher.network.tokens.grid, student.network.tokens.grid
    if theirs != ours:
        raise SpecError(
            f"distillation: the teacher {objective.teacher} is {run.experiment.model}, which reads "
            f"images as {_grid(theirs)} patches; the student reads {_grid(ours)}. Give both the "
            "same patch."
        )
    digest = digests.of_weights(teacher.variables)
    recorded = folder.recorded_teacher()
    if recorded is not None and recorded != digest:
        raise RunFolderError(
            f"The teacher {objective.teacher} is no longer the one that the run in {folder.path} "
            "was trained by: its weights have changed. Give it back, or train in a new --workdir."
        )
    return teacher, digest


def _grid(grid):
    return " by ".join(map(str, grid))


def _of_one_kind(taught, domain):
    """Texts of one vocabulary may be of different lengths."""
    if isinstance(taught, domains.Text) and isinstance(domain, domains.Text):
        return taught.vocabulary == domain.vocabulary and taught.contiguous == domain.contiguous
    return taught == domain
