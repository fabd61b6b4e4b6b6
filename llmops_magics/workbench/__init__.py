"""Where prompts meet models, evals and rules: what ``workspace.prompts`` can do."""
