"""Pictures of fits, effects and predictions, as matplotlib figures that are returned, not shown."""
