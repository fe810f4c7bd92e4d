"""What judges: one method a file, arrays in, arrays out."""
