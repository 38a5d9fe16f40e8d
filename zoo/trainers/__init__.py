"""Keras models whose `train_step` is a training algorithm, one for each kind of objective.

A member is a file with

    def build(model, objective, *, batch_size, seed, average_decay) -> MyTrainer

where `MyTrainer` is a subclass of `zoo.trainers.base.trainer.Trainer`. The annotations of `build`
say which models and objectives it takes: an objective is carried out by the trainer that takes its
class.
"""
