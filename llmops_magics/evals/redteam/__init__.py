"""Red team runs: attacks as cases of an eval, and what they add up to."""
