"""Running a gold notebook: the checked source, the child with papermill, and what came out."""
