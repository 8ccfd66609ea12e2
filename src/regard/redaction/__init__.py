"""Covering what must not be seen."""
