"""Metrics of other packages as scorers, where those packages are installed; never a dependency."""
