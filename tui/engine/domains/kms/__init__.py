"""The operations of the service `kms` that parameters need, and who encrypts for them; loaded with the first call."""
