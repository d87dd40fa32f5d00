"""Servers that fail: cut, slow, silent, killed; what the seats make of it."""
