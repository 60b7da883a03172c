"""What would a DANE sender do? The decision table (docs/requirements.md §19) as tables and folds; no questions asked."""
