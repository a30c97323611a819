"""What the event history teaches: day-by-day delivery odds, network pressure, calibration."""
