"""How the gradient of E_Q[g] reaches a generator; one file an estimator.

A member is a file with

    NEEDS = "decode" or "drawing_logits"    the method that it needs of a generator
    def build(*, ...) -> Estimator

and an estimator has

    variables                       what is saved of it, a list of Keras variables
    def loss(generator, score, key, count, step) -> a scalar

The loss's gradient with respect to the generator's weights estimates that of E_Q[g], from
`count` samples drawn by `key` at a training step. `score` gives g(D(x)), float [count, times],
of a batch of samples, with the discriminator held fixed: the last of the times is of the whole
sample, those before it are of its beginnings.
"""
