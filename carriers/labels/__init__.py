"""Labels as paper: what is printed on a parcel, as PDF and as ZPL, the same bytes every time."""
