"""Handlers for the tests of dispatch: real operations of the model with answers of our choosing."""
