"""One domain from start to end: ask, connect, judge, fold. Observations are shared within a run, verdicts never."""
