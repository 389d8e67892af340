"""Values to the documented wire types."""
