"""Objectives: the losses that models are trained by; one file each.

A member is a file with

    def build(*, ...) -> MyObjective

where `MyObjective` is a subclass of one of the abstract classes in
`zoo.objectives.base.contracts`, which say what it has to define:

    carried out by      class                   abstract methods
    "autoregressive"    LikelihoodObjective     predict
    "adversarial"       AdversarialObjective    discriminator_loss, generator_loss
                        DensityRatioObjective   and log_density_ratio, divergence_bound
    "discriminative"    FixedGeneratorObjective discriminator_loss, log_density_ratio,
                                                divergence_bound
    "distillation"      DistillationObjective   divergence, loss
    "cooperative"       CooperativeObjective    mediator_loss, generator_loss, divergence_bound
    "implicit"          ImplicitObjective       loss

An objective has no variables and knows no network.
"""
