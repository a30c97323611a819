"""Alembic environment; revisions run on SQLite and PostgreSQL alike."""
