"""The numbers by which TensorFlow Serving merges requests into batches."""

import dataclasses

from export.errors import ExportError


def _number(default: int, meaning: str, least: int = 1):
    return dataclasses.field(default=default, metadata={"meaning": meaning, "least": least})


@dataclasses.dataclass(frozen=True)
class Batching:
    """The numbers of a batching.config: flags of `zoo export`, explained in the file too.

    Attributes:
        max_batch_size: rows of a request.
        max_execution_batch_size: rows that the model computes at once.
        batch_timeout_micros: microseconds that a request waits for others.
        num_batch_threads: executions at the same time.
        max_enqueued_batches: executions that wait.

    Raises:
        ExportError: a number that the server would refuse.
    """

    max_batch_size: int = _number(
        20_000,
        "The most rows of a request: a longer one is refused, a shorter one cut into executions.",
    )
    max_execution_batch_size: int = _number(
        256,
        "The most rows that the model computes at once: more need more memory, and gain little.",
    )
    batch_timeout_micros: int = _number(
        500,
        "Microseconds that a request waits for others: the time that a lone one loses.",
        least=0,
    )
    num_batch_threads: int = _number(
        2,
        "Executions at the same time: the number of cores, since each execution may use them all.",
    )
    max_enqueued_batches: int = _number(
        1000,
        "Executions that wait: beyond them requests are answered that the server is busy.",
    )

    def __post_init__(self):
        """Refuses what the server would refuse."""
        for field in dataclasses.fields(self):
            value, least = getattr(self, field.name), field.metadata["least"]
            if value < least:
                raise ExportError(f"{field.name}={value} should be at least {least}.")
        if self.max_execution_batch_size > self.max_batch_size:
            raise ExportError(
                f"max_execution_batch_size={self.max_execution_batch_size} is more than "
                f"max_batch_size={self.max_batch_size}."
            )

    @property
    def config(self) -> str:
        """The text of a batching.config."""
        lines = []
        for field in dataclasses.fields(self):
            lines.append(f"# {field.metadata['meaning']}")
            lines.append(f"{field.name} {{ value: {getattr(self, field.name)} }}")
        return _HEAD + "\n".join(lines) + "\n"


_HEAD = """\
# For tensorflow_model_server --enable_batching --batching_parameters_file.
# Rows do not depend on each other, so that requests may be merged. Leave
# pad_variable_length_inputs off: with it a request gets rows that it did not ask for.

# Cuts requests of more than max_execution_batch_size rows, which are refused otherwise.
enable_large_batch_splitting { value: true }
"""
