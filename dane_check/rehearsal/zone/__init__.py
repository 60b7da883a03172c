"""A candidate zone: a file read, understood, held to the rules, and laid into the world at one of the two seams."""
