"""What would a DANE sender do? The decision table of docs/requirements.md §19 as tables and folds."""
