"""Published models: a folder each, loaded by name, by path, or from an address with a hash.

A published folder holds

    model.json          the manifest: format, name, a summary, and the SHA-256 of every other file
    experiment.json     the experiment, as a run folder has it
    vocabulary.txt      the tokenizer, for text
    model.safetensors   weights of all networks: EMA weights where the run kept them
    metrics.json        what was measured on exactly these weights
    sample.txt, .png    samples of seed 0
    README.md           the card

`zoo.load_pretrained(name)` gives what `zoo.load` gives of a run folder.
"""

from zoo.pretrained.index import is_published, locate, names, summaries

__all__ = ["is_published", "locate", "names", "summaries"]
