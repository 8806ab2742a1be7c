"""Found a service whose prices an agent works out at a counter, before its tariff is written."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cvq.access.services import Hidden
from cvq.access.tariffs import founding_authorities
from cvq.bocage.pages import moment
from cvq.catalog.services import NAME_LETTERS_MAX, found_counter_service
from cvq.desk.opened import user_of
from cvq.kernel.unable import Unable


@require_http_methods(["GET", "POST"])
def counter_service(request: HttpRequest) -> HttpResponse:
    """
    Ask the name of a service and whose it is, and found it.

    :raises Hidden: the agent does not prepare all the tariffs of any authority.
    """
    rows = founding_authorities(user_of(request), moment(request).day)
    theirs = {str(one.pk): one for one in rows.order_by("name", "pk")}
    if not theirs:
        raise Hidden(_("Cette page n'existe pas ou plus."))
    name = request.POST.get("nom", "").replace("\x00", "")
    chosen = request.POST.get("de", next(iter(theirs)))
    context = {
        "of_tariffs": True,
        "authorities": theirs.items(),
        "name": name[: NAME_LETTERS_MAX + 1],
        "chosen": chosen,
        "letters": NAME_LETTERS_MAX,
    }
    if request.method == "POST":
        if chosen not in theirs:
            raise Hidden(_("Cette page n'existe pas ou plus."))
        try:
            founded = found_counter_service(name=name, authority=theirs[chosen])
        except Unable as unable:
            context["error"] = str(unable)
            return render(request, "desk/tariffs/found.html", context, status=422)
        messages.success(request, _("Service créé. Écrivez maintenant son tarif."), extra_tags="ok")
        return redirect("desk:tariffs_of", founded.code)
    return render(request, "desk/tariffs/found.html", context)
