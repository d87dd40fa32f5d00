"""Attacks on the three stores with raw drivers: the program is not in the way here."""
