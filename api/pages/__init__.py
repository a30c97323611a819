"""Server-rendered pages, one folder an audience."""
