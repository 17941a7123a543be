"""ssm-tui: the operations console for AWS Systems Manager in a terminal."""

__version__ = "0.1.0"
