"""Use cases of moving goods: one module, one public function, same name."""
