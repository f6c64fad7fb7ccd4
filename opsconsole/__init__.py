"""opsconsole: a terminal operations console over folders of files."""

__version__ = "0.1.0"
