"""Pages for warehouse staff: what to pick, pack, label and hand over."""
