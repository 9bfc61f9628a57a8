"""119,000 adverse events from CSV to AE as a transport file."""
