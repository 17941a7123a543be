"""The operations of the service `resourcegroupstaggingapi`; loaded when the first of them is called."""
