"""The database: session, column types, tenants, outbox, jobs, locks, migrations."""
