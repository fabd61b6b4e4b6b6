"""How the weights of the linear injection model are made: data, templates, fit, calibration."""
