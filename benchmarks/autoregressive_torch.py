"""PyTorch's side of `autoregressive.py`."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional

if TYPE_CHECKING:
    from benchmarks.autoregressive import Case


def set_threads(threads: int) -> None:
    """Sets the number of threads of PyTorch."""
    torch.set_num_threads(threads)


def works(case: "Case") -> dict[str, Callable[[], object]]:
    """Timed functions, by name."""
    tokens = torch.randint(2, case.vocabulary_size, (case.batch, case.length))
    start = torch.full((case.batch, 1), case.vocabulary_size)
    inputs = torch.cat([start, tokens[:, :-1]], dim=1)
    model = {"lstm": Recurrent, "gru": Recurrent, "transformer": Transformer}[case.kind](case)
    optimizer = torch.optim.Adam(model.parameters(), fused=True)

    def step(predict):
        optimizer.zero_grad()
        logits = predict(inputs).reshape(-1, case.vocabulary_size)
        loss = functional.cross_entropy(logits, tokens.reshape(-1))
        loss.backward()
        optimizer.step()
        return loss.item()

    made = {
        "torch: maximum likelihood": lambda: step(model),
        "torch: scheduled sampling": lambda: step(model.scheduled_sampling),
        "torch: sampling": lambda: model.sample(start[:, 0], case.length),
    }
    if case.kind == "transformer":
        made["torch: scheduled sampling, token by token"] = lambda: step(model.token_by_token)
    return made


def draw(logits: torch.Tensor) -> torch.Tensor:
    """Draws tokens from softmax(logits) over the last axis."""
    shares = functional.softmax(logits, dim=-1)
    return torch.multinomial(shares.reshape(-1, shares.shape[-1]), 1).reshape(shares.shape[:-1])


class Recurrent(nn.Module):
    """Embedding, recurrent layers, softmax; `layers` and `cells` share their weights."""

    def __init__(self, case: "Case"):
        super().__init__()
        layer, cell = (nn.LSTM, nn.LSTMCell) if case.kind == "lstm" else (nn.GRU, nn.GRUCell)
        self.units, self.has_cell = case.units, case.kind == "lstm"
        self.embedding = nn.Embedding(case.vocabulary_size + 1, case.units)
        self.layers = layer(case.units, case.units, case.layers, batch_first=True)
        self.output = nn.Linear(case.units, case.vocabulary_size)
        self.cells = [cell(case.units, case.units) for _ in range(case.layers)]
        for number, each in enumerate(self.cells):
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
                setattr(each, name, getattr(self.layers, f"{name}_l{number}"))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Logits of known tokens."""
        return self.output(self.layers(self.embedding(inputs))[0])

    def start(self, batch: int) -> list:
        """Zero states."""
        zeros = torch.zeros(batch, self.units)
        return [(zeros, zeros) if self.has_cell else zeros for _ in self.cells]

    def step(self, token: torch.Tensor, state: list) -> tuple[torch.Tensor, list]:
        """One time step of all cells."""
        inputs, after = self.embedding(token), []
        for cell, before in zip(self.cells, state, strict=True):
            after.append(cell(inputs, before))
            inputs = after[-1][0] if self.has_cell else after[-1]
        return self.output(inputs), after

    def scheduled_sampling(self, inputs: torch.Tensor) -> torch.Tensor:
        """Logits of tokens of which half are replaced, each by a sample."""
        kept = torch.rand(inputs.shape) < 0.5
        state, every = self.start(len(inputs)), []
        for t, token in enumerate(inputs.T):
            if t:
                token = torch.where(kept[:, t], token, draw(every[-1].detach()))
            logits, state = self.step(token, state)
            every.append(logits)
        return torch.stack(every, dim=1)

    @torch.inference_mode()
    def sample(self, token: torch.Tensor, length: int) -> torch.Tensor:
        """Draws tokens."""
        state, every = self.start(len(token)), []
        for _ in range(length):
            logits, state = self.step(token, state)
            token = draw(logits)
            every.append(token)
        return torch.stack(every, dim=1)


class Block(nn.Module):
    """Self-attention with RoPE, and a feedforward layer with squared ReLU."""

    def __init__(self, units: int, heads: int):
        super().__init__()
        self.heads = heads
        self.mix = nn.Linear(units, 3 * units, bias=False)
        self.mixed = nn.Linear(units, units, bias=False)
        self.inner = nn.Linear(units, 4 * units, bias=False)
        self.outer = nn.Linear(4 * units, units, bias=False)

    def forward(
        self, stream: torch.Tensor, rotations: tuple, cache: "Cache | None" = None
    ) -> torch.Tensor:
        """Adds the block's output to the residual stream."""
        batch, time, units = stream.shape
        split = self.mix(normalise(stream)).reshape(batch, time, 3, self.heads, -1)
        queries, keys, values = split.permute(2, 0, 3, 1, 4)
        queries, keys = rotate(queries, rotations), rotate(keys, rotations)
        if cache is not None:
            keys, values = cache.extend(keys, values)
        found = functional.scaled_dot_product_attention(
            queries, keys, values, is_causal=cache is None
        )
        stream = stream + self.mixed(found.transpose(1, 2).reshape(batch, time, units))
        return stream + self.outer(functional.relu(self.inner(normalise(stream))).square())


class Cache:
    """Key-value cache of a fixed length."""

    def __init__(self, *shape: int):
        self.memory, self.time = torch.zeros(2, *shape), 0

    def extend(self, *keys_and_values: torch.Tensor) -> torch.Tensor:
        """Appends one position; returns all keys and values."""
        for memory, new in zip(self.memory, keys_and_values, strict=True):
            memory[:, :, self.time : self.time + 1] = new
        self.time += 1
        return self.memory[:, :, :, : self.time]


class Transformer(nn.Module):
    """The zoo's Transformer: RMSNorm, RoPE, no biases except in the output layer."""

    def __init__(self, case: "Case", heads: int = 4):
        super().__init__()
        self.units, self.heads = case.units, heads
        self.embedding = nn.Embedding(case.vocabulary_size + 1, case.units)
        self.blocks = nn.ModuleList([Block(case.units, heads) for _ in range(case.layers)])
        self.output = nn.Linear(case.units, case.vocabulary_size)
        size = case.units // heads
        angles = torch.arange(case.length)[:, None] * 10_000.0 ** (-torch.arange(0, size, 2) / size)
        self.rotations = angles.cos(), angles.sin()

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Logits of known tokens."""
        stream = self.embedding(inputs)
        for block in self.blocks:
            stream = block(stream, self.rotations)
        return self.output(normalise(stream))

    def scheduled_sampling(self, inputs: torch.Tensor) -> torch.Tensor:
        """Logits of tokens of which half are replaced by samples of a first pass."""
        with torch.no_grad():
            drawn = draw(self(inputs))[:, :-1]
        replaced = torch.rand(drawn.shape) < 0.5
        read = torch.where(replaced, drawn, inputs[:, 1:])
        return self(torch.cat([inputs[:, :1], read], dim=1))

    def token_by_token(self, inputs: torch.Tensor) -> torch.Tensor:
        """Logits of tokens of which half are replaced, each by a sample after those before it."""
        kept = torch.rand(inputs.shape) < 0.5
        return self(self._read(inputs[:, 0], inputs.shape[1], inputs, kept).clone())

    def sample(self, token: torch.Tensor, length: int) -> torch.Tensor:
        """Draws tokens."""
        return self._read(token, length + 1)[:, 1:]

    @torch.inference_mode()
    def _read(self, token, length, known=None, kept=None):
        """A first token and those drawn after it, but the known ones where they are kept."""
        shape = len(token), self.heads, length - 1, self.units // self.heads
        caches, every = [Cache(*shape) for _ in self.blocks], [token]
        for t in range(length - 1):
            stream = self.embedding(every[-1][:, None])
            for block, cache in zip(self.blocks, caches, strict=True):
                stream = block(stream, [each[t : t + 1] for each in self.rotations], cache)
            token = draw(self.output(normalise(stream))[:, 0])
            if kept is not None:
                token = torch.where(kept[:, t + 1], known[:, t + 1], token)
            every.append(token)
        return torch.stack(every, dim=1)


def normalise(stream: torch.Tensor) -> torch.Tensor:
    """RMSNorm over the last axis."""
    return functional.rms_norm(stream, stream.shape[-1:], eps=1e-6)


def rotate(features: torch.Tensor, rotations: tuple) -> torch.Tensor:
    """Applies rotary position embeddings."""
    (first, second), (cosine, sine) = features.chunk(2, dim=-1), rotations
    return torch.cat([first * cosine - second * sine, first * sine + second * cosine], dim=-1)
