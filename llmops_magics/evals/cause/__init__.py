"""Why a failing case failed: what was missing on the way from the corpus to the answer."""
