"""``python -m mg_cdisc`` is ``mg-cdisc``."""

from mg_cdisc.cli import main

if __name__ == "__main__":
    main()
