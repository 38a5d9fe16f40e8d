"""PyTorch's side of `adversarial.py`."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional

if TYPE_CHECKING:
    from benchmarks.adversarial import Case


def set_threads(threads: int) -> None:
    """Sets the number of threads of PyTorch."""
    torch.set_num_threads(threads)


def works(case: "Case") -> dict[str, Callable[[], object]]:
    """Timed functions, by name: one pass over images and samples, no unused gradients."""
    generator, discriminator = _generator(case), _discriminator(case)
    of_generator, of_discriminator = (_adam(each) for each in (generator, discriminator))
    images = torch.rand(case.batch, 1, 28, 28)

    def samples():
        return generator(torch.randn(case.batch, case.latent_size))

    def step():
        with torch.no_grad():
            both = torch.cat([images, samples()])
        of_discriminator.zero_grad()
        real_logits, generated_logits = discriminator(both).chunk(2)
        losses = functional.softplus(-real_logits), functional.softplus(generated_logits)
        loss = sum(each.mean() / 2 for each in losses)
        if case.r1:
            loss = loss + _penalty(discriminator, images, case.r1)
        loss.backward()
        of_discriminator.step()
        of_generator.zero_grad()
        discriminator.requires_grad_(False)
        loss = -functional.softplus(discriminator(samples())).mean() / 0.5
        loss.backward()
        discriminator.requires_grad_(True)
        of_generator.step()
        return loss.item()

    return {"torch: step": step}


def _adam(network):
    return torch.optim.Adam(network.parameters(), 1e-3, betas=(0.5, 0.999), fused=True)


def _penalty(discriminator, images, r1):
    """r1/2 times the mean squared gradient norm at the data."""
    images = images.clone().requires_grad_()
    (slope,) = torch.autograd.grad(discriminator(images).sum(), images, create_graph=True)
    return r1 / 2 * slope.square().sum() / len(images)


def _generator(case):
    width = case.width
    return nn.Sequential(
        nn.Linear(case.latent_size, 2 * width * 7 * 7, bias=False),
        nn.Unflatten(1, (2 * width, 7, 7)),
        nn.BatchNorm2d(2 * width),
        nn.ReLU(),
        nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        nn.ConvTranspose2d(width, 1, 4, stride=2, padding=1),
        nn.Sigmoid(),
    )


def _discriminator(case):
    width = case.width
    return nn.Sequential(
        nn.Conv2d(1, width, 4, stride=2, padding=1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(width, 2 * width, 4, stride=2, padding=1),
        nn.LeakyReLU(0.2),
        nn.Flatten(),
        nn.Linear(2 * width * 7 * 7, 1),
    )
