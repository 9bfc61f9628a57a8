"""A million laboratory rows, from CSV to LB as a transport file: ours, and hand-written code."""
