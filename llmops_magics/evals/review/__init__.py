"""Review of a run's samples by people: what they said, who said it, and what it adds up to."""
