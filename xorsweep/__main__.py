"""Run `python -m xorsweep`."""

from xorsweep.cli import main

if __name__ == "__main__":
    main()
