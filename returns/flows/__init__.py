"""Use cases of bringing goods back: one module, one public function, same name."""
