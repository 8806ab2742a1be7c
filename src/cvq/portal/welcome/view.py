"""Greet whoever comes: log in, or what to do with a card that was found or lost."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET


@require_GET
def welcome(request: HttpRequest) -> HttpResponse:
    """Show the public home; who is logged in goes to theirs."""
    if request.user.is_authenticated:
        return redirect("portal:home")
    return render(request, "portal/welcome/welcome.html")
