"""Keras models whose `train_step` is a training algorithm, one for each kind of objective.

A member is a file with `build(model, objective, *, batch_size, seed, average_decay)`, which
returns a `zoo.trainers.base.trainer.Trainer`. The objective names its trainer. A member may have
`trained(model)`, which gives the part of a model that it trains, where it does not train all.
"""
