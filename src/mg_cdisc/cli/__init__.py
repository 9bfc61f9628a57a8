"""The command line: the commands, all printing, and the exit codes. Nothing else prints."""

from mg_cdisc.cli.app import app, main

__all__ = ["app", "main"]
