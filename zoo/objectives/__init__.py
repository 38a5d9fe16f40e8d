"""What a model is trained to minimise; one file an objective.

A member is a file with

    TRAINER = "..."                 the name of the trainer that carries it out
    def build(*, ...) -> Objective

An objective has no variables and knows no network. Its trainer decides what it must have:

    "autoregressive"    `predict` and `logged`, as in `zoo.objectives.maximum_likelihood`
    "adversarial"       `estimator`, `pi_at`, `num_real`, `num_generated`, `discriminator_loss`,
                        `generator_loss`, `divergence_bound` and `log_density_ratio`, as in
                        `zoo.objectives.generalised_js`
    "cooperative"       `pi_at`, `mediator_steps`, `mediator_loss`, `generator_loss` and
                        `divergence_bound`, as in `zoo.objectives.mediated_js`
    "implicit"          `loss` and `figure`, as in `zoo.objectives.moment_matching`
"""
