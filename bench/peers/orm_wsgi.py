"""What granian runs of the peer."""

import traceback

from django.core.signals import got_request_exception
from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
# What breaks the peer is said, not only answered.
got_request_exception.connect(lambda **_: traceback.print_exc(), weak=False)
