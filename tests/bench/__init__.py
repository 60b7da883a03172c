"""Measurements, made on demand (`make bench`); nothing timed is asserted anywhere."""
