# SPDX-License-Identifier: ISC
"""Real servers, clients and attackers on loopback for the tests; see README.md."""
