"""The authorization server: one for each plugin that people link accounts to."""
