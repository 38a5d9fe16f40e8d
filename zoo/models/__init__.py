"""Models: networks without a loss.

A member is a file with

    def build(domain: Text | Image, *, ...) -> SequenceModel

which makes the model of a domain with all its variables. The annotations say which data it fits
and what it can do, so which objectives train it:

    SequenceModel   a network that predicts token after token: it has a likelihood
    LatentPair      a generator that decodes noise, and a discriminator
    TextPair        a `SequenceModel` of texts, and a discriminator
    Mediated        two `SequenceModel`s of texts, a generator and a mediator

A `SequenceModel` of images reads them as patches. Within a pair it is the same network that maximum
likelihood trains. `zoo.models.base.capabilities` has the questions to ask by `isinstance`.
"""
