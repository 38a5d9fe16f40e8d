"""Exports run folders as SavedModels for TensorFlow Serving, and as forms for other runtimes.

The command is `python -m export`, the functions are `export.export` and `export.export_form`.
"""

from __future__ import annotations

import os
import pathlib
import typing

if typing.TYPE_CHECKING:  # importing one of the other modules does not import Keras
    from export.batching import Batching
    from export.converting import Form
    from zoo.runs.run import Run


def export(
    run: Run | str | os.PathLike,
    output: str | os.PathLike,
    name: str,
    version: str | int | None = None,
    sampler: str | None = None,
    length: int | None = None,
    calibrated: bool = False,
    another_run: bool = False,
    batching: Batching | None = None,
    refine: str | None = None,
) -> pathlib.Path:
    """Writes `output/name/<version>`, complete and checked before it becomes visible there.

    What was written is loaded in a fresh process and every signature compared with `run`.

    Args:
        run: a `zoo.runs.run.Run`, or the path of its run folder.
        output: the folder of all exported models; made if it is not there.
        name: the model's name, which is part of its address.
        version: a whole number that is not there yet; None: one above the highest there.
        sampler: for text, the spec of a member of `zoo.samplers`; None: ancestral().
        length: for text, the maximum number of tokens of a generated text, its prompt and its end
            token included; None: as in training.
        calibrated: whether `log_density_ratio` is divided by `Run.calibration_temperature`,
            which is then recorded in the version's `assets.extra/metadata.json`.
        another_run: whether the newest version of this name may be of a run in another folder.
        batching: an `export.batching.Batching`, how the server merges requests; None: as the
            export before, the first by the defaults. Generated files that were edited since stay as
            they are.
        refine: "refine(candidates=8)" or "refine(acceptance=0.25)", to serve the signature
            `generate_refined` too, whose samples are chosen among candidates by the log density
            ratio, divided by `Run.calibration_temperature`; None: not. Of texts the candidates are
            drawn from the model's own distribution, whatever the sampler.

    Returns:
        The new version's folder, a `pathlib.Path`.

    Raises:
        RunFolderError: `run` is the path of something else.
        SpecError: a sampler or a length that cannot be, or nothing to be calibrated or refined by.
        ExportError: a name or version that cannot be, a name that another run has, a folder that
            is not writable or in use, or an export that does not answer as the run does. What was
            there is untouched.
    """
    # Imported here, so that importing one of the other modules does not import Keras.
    from export import exporting

    return exporting.export(
        run, output, name, version, sampler, length, calibrated, another_run, batching, refine
    )


def export_form(
    run: Run | str | os.PathLike,
    output: str | os.PathLike,
    name: str,
    form: str,
    length: int | None = None,
    calibrated: bool = False,
    python: str | None = None,
) -> Form:
    """Writes a model for a runtime without strings, tables and random numbers.

    It stands in `output/name/forms/<form>`, beside the versions, and takes the place of the one
    there. Each signature is asked for the examples by the runtime itself: one that is further than
    1e-4 of max(1, |number|) from the run's answers is refused, as one that cannot be converted.

    Args:
        run: see `export`.
        output: see `export`.
        name: see `export`.
        form: `"saved_model"`, `"onnx"`, `"litert"` or `"tfjs"`.
        length: for text, the number of tokens that a call reads; None: as in training.
        calibrated: see `export`.
        python: the interpreter of an environment that has the converter, see
            `export/converters/environment.py`; None: this one.

    Returns:
        An `export.converting.Form`: its folder, the differences, and what was refused and why.

    Raises:
        RunFolderError: `run` is the path of something else.
        SpecError: a length that cannot be, or nothing to be calibrated.
        ExportError: a name or format that cannot be, a folder that is not writable, no converter
            there, or a model of which no signature can be had. What was there is untouched.
    """
    from export import converting

    return converting.export_form(run, output, name, form, length, calibrated, python)
