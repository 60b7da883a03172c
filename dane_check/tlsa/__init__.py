"""Does this record name that chain? Pure judgements over TLSA records and served certificates."""
