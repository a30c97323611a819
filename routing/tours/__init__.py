"""Plan tours: milk runs, last mile, pick-up and delivery, and the two legs as one."""
