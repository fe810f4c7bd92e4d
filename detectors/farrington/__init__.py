"""Farrington's two methods, and the regression on seasonal groups that both stand on."""
