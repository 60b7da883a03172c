"""Many domains in one go: spread over processes, kept in a journal, gone on with after an end that was not planned."""
