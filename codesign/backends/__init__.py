"""Printers of a finished design."""
