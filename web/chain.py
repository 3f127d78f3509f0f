"""The upcasters of a subject, and one event that travels along them."""

from __future__ import annotations
