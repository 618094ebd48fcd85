# SPDX-License-Identifier: ISC
"""The lab's self-tests use the fixtures that everybody uses."""

from .fixtures import *  # noqa: F401,F403  pylint: disable=wildcard-import
