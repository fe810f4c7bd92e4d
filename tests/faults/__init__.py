"""Crashes, full disks, sleeping laptops: afterwards everything equals the undisturbed run."""
