"""HTTP endpoints: one module a resource, its schemas beside it."""
