"""Calibration: how far a judge agrees with people, and the licence to gate that it earns by it."""
