"""Maximised sequential probability ratio tests, with exact critical values."""
