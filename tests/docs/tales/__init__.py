"""What happens to an operator, one story a value: `keys`, and `zones`. `tests.docs.stories` tells them."""
