"""What `tools/make_docs.py` reads from the code, and the examples that it prints."""
