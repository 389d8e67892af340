"""JMESPath and our functions beside it."""
