"""Hostile text and numbers: what the network may send to steer, stall or exhaust whoever reads it."""
