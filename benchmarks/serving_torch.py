"""PyTorch's side of `serving.py`."""

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

import torch

from benchmarks import adversarial_torch, autoregressive_torch
from benchmarks.adversarial import Case as Pair

if TYPE_CHECKING:
    from benchmarks.serving import Case


def set_threads(threads: int) -> None:
    """Sets the number of threads of PyTorch."""
    torch.set_num_threads(threads)


def works(case: "Case") -> dict[str, Callable[[], object]]:
    """Timed functions, by name: generation alone, since the other signatures are the zoo's own."""
    from benchmarks.serving import ROWS

    make, generate = _network(case)
    network, saved = make(), io.BytesIO()
    torch.save(network.state_dict(), saved)
    print(f"{case}: {saved.tell() / 1e6:.2f} MB, weights of PyTorch", flush=True)

    def load():
        saved.seek(0)
        network = make()
        network.load_state_dict(torch.load(saved, weights_only=True))
        return generate(network, 1)

    made = {
        f"torch: generate, {count} rows": lambda count=count: generate(network, count)
        for count in ROWS
    }
    return made | {"torch: load": load}


def _network(case):
    """A function that makes the network, and one that draws samples from it."""
    if case.kind == "dcgan":
        pair = Pair(case.units, case.latent_size)

        def images(network, count):
            with torch.inference_mode():
                return network(torch.randn(count, case.latent_size))

        return lambda: adversarial_torch._generator(pair).eval(), images

    def texts(network, count):
        start = torch.full((count,), case.vocabulary_size)
        return network.sample(start, case.length)

    return lambda: autoregressive_torch.Recurrent(case), texts
