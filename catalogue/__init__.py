"""What is watched: diseases and signals as data, and their loader."""
