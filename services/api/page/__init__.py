"""The page: files that `services/web` was built into, and the policies under which they run."""
