"""The main job end to end on a small support desk: ``llmops demo``."""
