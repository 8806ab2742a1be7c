"""Write down an agent who may log in, and draw the password that they change at once."""

import argparse

from cvq.config import home, runtime
from cvq.kernel.unable import Unable

HELP = "donne à un agent de quoi se connecter, ou un rôle de plus"
ROLES = {"guichet": "COUNTER", "supervision": "SUPERVISION"}


class NobodyToWorkFor(Unable):
    """The database holds no authority of that SIREN."""


class NotAnAddress(Unable):
    """What was given is no e-mail address."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare who it is and what they are there to do."""
    parser.add_argument("email", metavar="COURRIEL", help="l'adresse de l'agent")
    parser.add_argument(
        "--role", choices=tuple(ROLES), required=True, metavar="RÔLE", help="guichet ou supervision"
    )
    parser.add_argument(
        "--siren", metavar="SIREN", help="l'autorité pour qui il travaille (l'intercommunalité)"
    )


def run(args: argparse.Namespace) -> int:
    """Write the agent down; one who is known keeps their password."""
    with runtime.open_database(home.path()) as database:
        runtime.require_founded(database)
        from django.conf import settings
        from django.core.exceptions import ValidationError
        from django.core.validators import validate_email

        from cvq.access.services import take_on
        from cvq.catalog.models import Authority
        from cvq.config import by_log_in, clock

        try:
            validate_email(args.email)
        except ValidationError as error:
            raise NotAnAddress(f"« {args.email} » n'est pas une adresse de courriel.") from error
        siren = args.siren or settings.TERRITORY.siren
        authority = Authority.objects.filter(siren=siren).first()
        if authority is None:
            raise NobodyToWorkFor(f"Aucune autorité de ce territoire n'a le SIREN {siren}.")
        password = by_log_in.drawn()
        is_new = take_on(
            email=args.email,
            role=ROLES[args.role],
            authority=authority,
            on=clock.from_environment().now().date(),
            password=password,
        )
    print(f"{args.email} : {args.role}, {authority.name}.")
    if is_new:
        print(f"Mot de passe, à changer à la première connexion : {password}")
    return 0
