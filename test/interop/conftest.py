# SPDX-License-Identifier: ISC
"""Gives the interop tests the lab: real servers and clients on loopback, see test/lab."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from lab.fixtures import *  # noqa: E402,F401,F403  pylint: disable=wildcard-import
