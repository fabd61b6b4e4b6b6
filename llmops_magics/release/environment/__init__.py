"""What each environment serves: promoted in steps, taken back in one row, frozen."""
