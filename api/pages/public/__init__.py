"""Pages open to everybody: start, sign-in, documentation, checkout playground."""
