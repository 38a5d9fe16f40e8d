"""Shows which operations a timed task of the zoo spends its time on.

    python -m benchmarks.operations CASE TASK [--calls N]
    python -m benchmarks.operations dcgan64 'zoo: step'

CASE and TASK are those of `python -m benchmarks`. Prints the milliseconds of a call by kinds of
operations, from TensorFlow's profiler, with one thread: the time between the beginning and the end
of each operation, without those that began within it. Other programs on the same core count, so
read shares. What XLA has fused has a name of its own.
"""

import argparse
import collections
import pathlib
import re
import tempfile
from collections.abc import Callable, Iterable

import tensorflow as tf
from tensorflow.tsl.profiler.protobuf import xplane_pb2

from benchmarks import adversarial, adversarial_zoo, autoregressive, autoregressive_zoo
from benchmarks.side_by_side import row

_SHOWN = 12
_WAITING = {"BlockUntilReady", "KernelAndDeviceFunc::Run"}  # for another thread
Event = tuple[int, int, str]  # beginning, end and name


def own_times(events: Iterable[Event]) -> collections.Counter:
    """Sums of the time that events of one thread spend outside events within them, by name."""
    found, open_ = collections.Counter(), []
    for begin, end, name in sorted(events, key=lambda event: (event[0], -event[1])):
        while open_ and open_[-1][0] <= begin:
            open_.pop()
        if open_:
            found[open_[-1][1]] -= end - begin
        found[name] += end - begin
        open_.append((end, name))
    return found


def kind(name: str) -> str:
    """The kind of an operation: TensorFlow's type of name:Type, or XLA's name without a number."""
    return re.sub(r"(\.\d+)+$", "", re.sub(r"^[^:]*:(?=[^:]*$)", "", name)).strip()


def profiled(work: Callable[[], object], calls: int) -> collections.Counter:
    """Milliseconds of a call by kinds of operations."""
    for _ in range(3):  # trace, compile and allocate
        work()
    with tempfile.TemporaryDirectory() as folder:
        with tf.profiler.experimental.Profile(folder):
            for _ in range(calls):
                work()
        (path,) = pathlib.Path(folder).rglob("*.xplane.pb")
        space = xplane_pb2.XSpace.FromString(path.read_bytes())
    found = collections.Counter()
    for plane in space.planes:
        names = {number: kind(metadata.name) for number, metadata in plane.event_metadata.items()}
        for line in plane.lines:
            events = [
                (each.offset_ps, each.offset_ps + each.duration_ps, names[each.metadata_id])
                for each in line.events
            ]
            found += own_times(events)
    return collections.Counter(
        {name: time / calls / 1e9 for name, time in found.items() if name not in _WAITING}
    )


def table(times: collections.Counter) -> str:
    """The kinds that take longest, in Markdown."""
    whole = sum(times.values())
    lines = [row("operation", "ms", "share"), row(*["---"] * 3)]
    for name, time in times.most_common(_SHOWN):
        lines.append(row(f"`{name}`", f"{time:.1f}", f"{time / whole:.0%}"))
    rest = whole - sum(time for _, time in times.most_common(_SHOWN))
    return "\n".join([*lines, row("others", f"{rest:.1f}", f"{rest / whole:.0%}")])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("case", choices=[*autoregressive.CASES, *adversarial.CASES])
    parser.add_argument("task")
    parser.add_argument("--calls", type=int, default=5)
    given = parser.parse_args()
    autoregressive_zoo.set_threads(1)
    if given.case in autoregressive.CASES:
        works = autoregressive_zoo.works(autoregressive.CASES[given.case])
    else:
        works = adversarial_zoo.works(adversarial.CASES[given.case])
    if given.task not in works:
        parser.error(f"TASK is one of: {'; '.join(works)}.")
    print(table(profiled(works[given.task], given.calls)))


if __name__ == "__main__":
    main()
