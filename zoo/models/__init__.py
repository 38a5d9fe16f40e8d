"""Networks. No loss inside.

A member is a file with

    ACCEPTS = {...}                 the kinds of example spec that it models
    TRAINERS = {...}                the names of the trainers that can train it
    def build(example, *, ...)      the network, with all its variables made

What has a tractable likelihood is a `zoo.models.base.autoregressive.Autoregressive`; what has
none is a `zoo.models.base.implicit.Pair` of a generator and a discriminator. Generators of texts
have one in pairs, too: they are the networks that maximum likelihood trains.
"""
