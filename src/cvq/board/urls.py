"""The addresses of the board."""

from django.urls import path

from cvq.board.device.view import device
from cvq.board.live import view as live

app_name = "board"
urlpatterns = [
    path("", live.live, name="live"),
    path("etat/", live.state, name="state"),
    path("appareil/<integer:number>/", device, name="device"),
]
