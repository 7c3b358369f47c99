"""Running what was generated, and comparing it with the exact meaning."""
