"""A marketplace in a box: demand, network, misbehaving carriers, what-ifs."""
