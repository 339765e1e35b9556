"""An action never runs on the first call: it is frozen, asked about, and run once when confirmed."""
