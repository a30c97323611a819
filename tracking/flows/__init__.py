"""Use cases of knowing where goods are: one module, one public function, same name."""
