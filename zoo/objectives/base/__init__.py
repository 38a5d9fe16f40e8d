"""What objectives share: contracts, schedules, regularisation of the discriminator."""
