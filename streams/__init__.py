"""What moves: intake, ledger, journal, detection."""
