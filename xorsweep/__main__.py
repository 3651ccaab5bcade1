"""Run `python -m xorsweep`."""

from xorsweep.cli.main import main

if __name__ == "__main__":
    main()
