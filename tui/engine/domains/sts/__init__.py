"""The operation of the service `sts` by which clients ask who they are; loaded when it is first called."""
