# SPDX-License-Identifier: Apache-2.0
"""Surroundings that tests cannot do without: a machine with systemd as PID 1,
and container engines. Each says why it cannot be had, if it cannot."""


class Missing(Exception):
    """Something is not there; its text says what."""
