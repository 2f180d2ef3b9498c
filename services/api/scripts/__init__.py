"""Scripts of the platform: kept in versions that never change, approved, published."""
