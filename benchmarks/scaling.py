"""Calculates what bounds data-parallel training, from measured step times and parameter counts.

    python -m benchmarks.scaling [--rounds N] [--output FILE]

Measured are the step of one device at 64, 8 and 1 rows, and the random numbers of dropout masks or
latents, in processor time of one thread. A step of N devices is taken to be the sum

    c(b) + N b d + (1 - 1/N) 8 P / bandwidth + 2 ⌈log2 N⌉ R latency

of the step c of b rows each, of the draws d for each row of the global batch, which every device
makes, of a reduction of P gradients of 4 bytes in a ring, and of R reductions that wait for each
other in a tree. Nothing of it overlaps. Bandwidth and latency of `LINKS` are nominal. Efficiency is
the speed per row, relative to N times that of one device. "Half at" is how many times as fast as
the thread 64 devices may be until reductions take half of the step.

Prints the table of docs/scaling.md, and writes JSON.
"""

import argparse
import dataclasses
import json
import math
import os
import pathlib
import statistics
import time
from collections.abc import Callable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import tensorflow as tf

from benchmarks import adversarial, adversarial_zoo, autoregressive, autoregressive_zoo, machine
from benchmarks.side_by_side import row
from zoo.models.layers.batch_normalisation import BatchNormalization
from zoo.models.layers.dropout import dropout_masks

OUTPUT = pathlib.Path(__file__).parent.parent / "docs/figures/scaling.json"
BATCH, DEVICES = 64, (1, 8, 64)
DROPOUT = 0.2
_DRAWN = 512  # rows for which draws are timed
_SEQUENCES = {
    name: autoregressive.CASES[name] for name in ("lstm512", "lstm128", "gru128", "transformer128")
}
HEADER = (
    *("model", "parameters", "batch", "link", "1 device", "8 devices", "64 devices"),
    *("most is lost by", "half at"),
)


@dataclasses.dataclass(frozen=True)
class Link:
    """What joins devices: bytes a second, and the seconds that a message takes at least."""

    name: str
    bandwidth: float
    latency: float


LINKS = (Link("10 Gbit/s", 1.25e9, 50e-6), Link("100 GB/s", 1e11, 10e-6))


def measure(rounds: int) -> list[dict]:
    """Times the cases; the rows of the JSON."""
    found = []
    for case in _SEQUENCES.values():
        steps = _steps(autoregressive_zoo, case, "zoo: maximum likelihood", rounds)
        network = autoregressive_zoo.model(case).network
        counted = {"parameters": _parameters(network), "reductions": 2, "seconds": steps}
        found.append({"case": str(case), **counted, "draws": 0.0})
        if case.kind == "lstm":
            masks = _masks([case.length, _DRAWN, case.units], case.layers)
            draws = _seconds(masks, rounds) / _DRAWN
            found.append({"case": f"{case}, dropout {DROPOUT:g}", **counted, "draws": draws})
    case = adversarial.CASES["dcgan64"]
    networks = adversarial_zoo.model(case).networks()
    layers = networks["generator"]._flatten_layers()
    normalised = sum(isinstance(layer, BatchNormalization) for layer in layers)
    latents = tf.function(lambda key: networks["generator"].latents(key, 2 * _DRAWN))
    key = tf.constant([0, 1], tf.int64)
    found.append(
        {
            "case": str(case),
            "parameters": sum(map(_parameters, networks.values())),
            # Two updates and the figures; the moments of two passes, and of a gradient.
            "reductions": 3 + 6 * normalised,
            "seconds": _steps(adversarial_zoo, case, "zoo: step", rounds),
            "draws": _seconds(lambda: latents(key), rounds) / _DRAWN,
        }
    )
    return found


def _steps(program, case, work, rounds):
    """Seconds of a step by the number of its rows."""
    found = {}
    for devices in DEVICES:
        rows = BATCH // devices
        step = program.works(dataclasses.replace(case, batch=rows))[work]
        found[str(rows)] = _seconds(step, rounds)
    return found


def _seconds(work: Callable[[], object], rounds: int) -> float:
    """The median processor time of a call."""
    found = []
    for _ in range(rounds + 3):  # the first trace, and allocate
        begin = time.process_time()
        work()
        found.append(time.process_time() - begin)
    return statistics.median(found[3:])


def _masks(shape, count):
    draw = tf.function(lambda key: dropout_masks(shape, DROPOUT, count, key, tf.float32))
    key = tf.constant([0, 1], tf.int64)
    return lambda: draw(key)


def _parameters(network: keras.Model) -> int:
    return sum(math.prod(variable.shape) for variable in network.trainable_variables)


def costs(measured: dict, devices: int, together: bool, link: Link) -> dict[str, float]:
    """Seconds of one step by what they are spent on.

    Args:
        measured: a row of the JSON.
        devices: how many there are.
        together: whether they share 64 rows; else each has 64.
        link: what joins them.
    """
    own = BATCH // devices if together else BATCH
    alone = measured["seconds"][str(BATCH)] * own / BATCH
    waits = 2 * math.ceil(math.log2(devices)) * link.latency
    return {
        "rows": alone,
        "the fixed cost of a step": measured["seconds"][str(own)] - alone,
        "draws for all rows": devices * own * measured["draws"],
        "reducing gradients": (1 - 1 / devices) * 8 * measured["parameters"] / link.bandwidth,
        "waiting for messages": measured["reductions"] * waits,
    }


def line(measured: dict, together: bool, link: Link) -> str:
    """A row of the table."""
    found = {devices: costs(measured, devices, together, link) for devices in DEVICES}
    times = {devices: sum(each.values()) for devices, each in found.items()}
    cells = [f"{times[1] * 1e3:.1f} ms"]
    for devices in DEVICES[1:]:
        ideal = times[1] / devices if together else times[1]
        cells.append(f"{times[devices] * 1e3:.1f} ms, {ideal / times[devices]:.0%}")
    last = found[DEVICES[-1]]
    sent = last["reducing gradients"] + last["waiting for messages"]
    lost = {
        name: seconds - (found[1][name] / DEVICES[-1] if together else found[1][name])
        for name, seconds in last.items()
        if name != "rows"
    }
    return row(
        measured["case"],
        f"{measured['parameters']:,}",
        f"{BATCH} in all" if together else f"{BATCH} each",
        link.name,
        *cells,
        max(lost, key=lost.get),
        f"{float(f'{(times[DEVICES[-1]] - sent) / sent:.2g}'):,g}×",
    )


def table(record: dict) -> str:
    """The table of docs/scaling.md."""
    lines = [row(*HEADER), row(*["---"] * len(HEADER))]
    for measured in record["rows"]:
        lines += [line(measured, together, link) for together in (False, True) for link in LINKS]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--output", type=pathlib.Path, default=OUTPUT)
    given = parser.parse_args()
    autoregressive_zoo.set_threads(1)
    record = {"processor": machine.processor(), "rows": measure(given.rounds)}
    given.output.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(f"{machine.sentence(record['processor'])}, one thread\n\n{table(record)}")


if __name__ == "__main__":
    main()
