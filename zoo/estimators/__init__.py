"""Estimators of the gradient of E_Q[g] with respect to a generator's weights; one file each.

A member is a file with

    def build(*, ...) -> MyEstimator

where `MyEstimator` is a subclass of `zoo.estimators.base.contracts.Estimator`.
"""
