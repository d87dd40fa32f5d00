"""Schema of the stores: what creates and upgrades a clinic."""
