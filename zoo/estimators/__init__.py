"""How the gradient of E_Q[g] reaches a generator; one file an estimator.

A member is a file with

    def build(*, ...) -> Estimator

and an estimator has one method,

    def loss(generator, score, key, count) -> a scalar

whose gradient with respect to the generator's weights estimates that of E_Q[g], from `count`
samples drawn by `key`. `score` gives g(D(x)), float [count], of a batch of samples, with the
discriminator held fixed.
"""
