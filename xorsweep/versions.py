"""The version of the package and of its files; files of other versions are refused."""

__version__ = "0.1.0"

NUMERICS = 1
"""Raised whenever a point's bits change; tests/networks/test_numerics.py holds the bits."""

FORMAT = 8
"""Raised whenever a folder's layout changes, or the names for which its parts hold codes."""

READERS = {
    1: "30bc74a",
    2: "b992ef3",
    3: "cf7303a",
    4: "83c2a38",
    5: "4417bf9",
    6: "317f845",
    7: "d0052df9",
}
"""The last commit that reads each older format of a folder."""

FUNCTION_READERS = {1: "b965f4d", 2: "83c2a38", 3: "4417bf9", 4: "317f845"}
"""The last commit that reads each format that folders of function sweeps once had."""
