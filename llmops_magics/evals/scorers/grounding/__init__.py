"""What ``groundedness`` reads in an answer and its context: words, quantities, denials, doubt."""
