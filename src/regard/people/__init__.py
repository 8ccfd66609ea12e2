"""What protects the people in the picture."""
