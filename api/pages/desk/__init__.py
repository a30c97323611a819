"""Pages of support and operators: what is wrong, how much harm it does, what to do."""
