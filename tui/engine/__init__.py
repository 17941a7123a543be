"""The embedded Systems Manager: a process of its own that answers the AWS API."""
