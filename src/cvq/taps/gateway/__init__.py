"""Where devices speak to the town hall: one small raw ASGI application for taps."""

from cvq.taps.gateway.application import Gateway

__all__ = ["Gateway"]
