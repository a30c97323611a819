"""Tells people when what they may expect has changed: occasions, texts, when to be quiet."""
