"""Release gates: gold notebooks executed by papermill, judged, sealed and archived."""
