"""Use cases of talking to carriers: one module, one public function, same name."""
