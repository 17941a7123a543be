"""The operations of the service `resource-groups`; loaded when the first of them is called."""
