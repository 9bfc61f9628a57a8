"""``python -m mg_cdisc`` is ``mg-cdisc``."""

import sys

INTERRUPTED = 130  # 128 + SIGINT, as shells have it


def main() -> None:
    """Run the command line; whoever interrupts it, also while it is being loaded, is told so."""
    try:
        from mg_cdisc.cli import main as run  # takes a while, and Ctrl-C must not print a traceback

        run()
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
