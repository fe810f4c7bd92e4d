"""What people see: the officer's page and what it asks."""
