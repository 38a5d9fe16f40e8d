"""What models share: contracts, and the builds that several members have in common."""
