"""The live network's side of the lower seam, against scripted servers on loopback."""
