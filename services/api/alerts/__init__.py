"""Alert rules and alerts: judged, measured, shown."""
