"""Questions written by a model about chunks of a corpus, for where nobody has labelled any."""
