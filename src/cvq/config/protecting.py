"""The pages of the library where a second factor is added: they also end the other sessions."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

from cvq.access import second_factor
from cvq.access.models import User
from cvq.config import clock
from cvq.kernel.local import instant

View = Callable[..., HttpResponse]


def protecting(view: View) -> View:
    """Let a page prove its session when it added a second factor, and end the others."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
        if request.method != "POST" or not isinstance(request.user, User):
            return view(request, *args, **named)
        user = request.user
        before = second_factor.factors_of(user)
        answered = view(request, *args, **named)
        if second_factor.factors_of(user) - before:
            had_one = bool(before)
            at = instant(clock.real_ms())
            second_factor.begin_again(request, user, had_one=had_one, at=at)
        return answered

    return answer
