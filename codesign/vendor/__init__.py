"""The vendor's tools, where they are installed: found, run in a project folder, and watched through their logs."""
