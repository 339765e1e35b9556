"""From bytes to the pipeline and back."""
