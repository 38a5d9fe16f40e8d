"""What a model is trained to minimise; one file an objective.

A member is a file with

    def build(*, ...) -> Objective

An objective has no variables and knows no network. Its class attribute `trainer` names the
file of `zoo.trainers` that carries it out, and with it the methods that it must have:

    "adversarial"   `pi_at`, `num_real`, `num_generated`, `discriminator_loss`,
                    `generator_loss`, `divergence_bound` and `log_density_ratio`, as in
                    `zoo.objectives.generalised_js`
"""
