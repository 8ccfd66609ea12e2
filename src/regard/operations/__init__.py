"""AWS operations, one module a family."""
