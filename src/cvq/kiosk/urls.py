"""The addresses of kiosks and of readers' screens."""

from django.urls import path

from cvq.kiosk.account import view as account
from cvq.kiosk.payment.view import payment
from cvq.kiosk.reader import view as reader
from cvq.kiosk.reading.view import reading
from cvq.kiosk.receipt.view import receipt
from cvq.kiosk.shell import view as shell
from cvq.kiosk.top_up import view as top_up
from cvq.kiosk.waiting.view import help_page, waiting

app_name = "kiosk"
urlpatterns = [
    path("borne/<str:token>/", waiting, name="waiting"),
    path("borne/<str:token>/lecture/", reading, name="reading"),
    path("borne/<str:token>/compte/", account.account, name="account"),
    path("borne/<str:token>/solde/", account.hide_or_show, name="hide_or_show"),
    path("borne/<str:token>/operations/", account.operations, name="operations"),
    path("borne/<str:token>/a-venir/", account.ahead, name="ahead"),
    path("borne/<str:token>/releve/", account.print_statement, name="print_statement"),
    path("borne/<str:token>/recharger/", top_up.choose, name="top_up"),
    path("borne/<str:token>/recharger/autre/", top_up.keypad, name="keypad"),
    path("borne/<str:token>/payer/<uuid:uid>/", payment, name="payment"),
    path("borne/<str:token>/recu/<uuid:uid>/", receipt, name="receipt"),
    path("borne/<str:token>/reglages/", shell.settings, name="settings"),
    path("borne/<str:token>/encore/", shell.stay, name="stay"),
    path("borne/<str:token>/fin/", shell.leave, name="leave"),
    path("borne/<str:token>/<slug:page>/", help_page, name="help"),
    path("lecteurs/", reader.examples, name="examples"),
    path("lecteurs/<slug:name>/", reader.example, name="example"),
    path("lecteur/<str:token>/", reader.screen, name="reader"),
    path("lecteur/<str:token>/dit/", reader.said, name="said"),
]
