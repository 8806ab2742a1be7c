"""Who may keep a board open: the session of the pages says who they are, `access` what they may."""

from datetime import date
from http.cookies import CookieError, SimpleCookie

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.db import connections
from django.http import HttpRequest

from cvq.access import second_factor
from cvq.access.models import Role, User
from cvq.access.services import Hidden, require


def session_in(cookies: str) -> str:
    """Return the session that cookies name, nothing if they name none."""
    try:
        found = SimpleCookie(cookies).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return ""
    return found.value if found else ""


def may_watch(session: str, day: date) -> bool:
    """Tell whether a session is that of somebody who watches the machines that day."""
    request = HttpRequest()
    request.session = SessionStore(session)
    try:
        user = get_user(request)
        if not isinstance(user, User):
            return False
        second_factor.mark(request, user)
        require(user, Role.SUPERVISION, day)
    except Hidden:
        return False
    finally:
        connections.close_all()
    return True
