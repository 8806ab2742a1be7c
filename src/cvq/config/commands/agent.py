"""Write down an agent who may log in, and draw the password that they change at once."""

import argparse

from cvq.config import home, runtime
from cvq.kernel.unable import Unable

HELP = "donne à un agent de quoi se connecter, ou un rôle de plus ; oublie un téléphone perdu"
ROLES = {"guichet": "COUNTER", "supervision": "SUPERVISION", "tarifs": "TARIFFS"}


class NobodyToWorkFor(Unable):
    """The database holds no authority of that SIREN."""


class Unknown(Unable):
    """Nobody logs in with that address."""


class NotAnAddress(Unable):
    """What was given is no e-mail address."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare who it is and what they are there to do."""
    parser.add_argument("email", metavar="COURRIEL", help="l'adresse de l'agent")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--role", choices=tuple(ROLES), metavar="RÔLE", help="guichet, supervision ou tarifs"
    )
    what.add_argument(
        "--forget-second-factor",
        action="store_true",
        help="oublie son second facteur : téléphone ou clé perdus, sans codes de secours",
    )
    parser.add_argument(
        "--siren", metavar="SIREN", help="l'autorité pour qui il travaille (l'intercommunalité)"
    )


def run(args: argparse.Namespace) -> int:
    """Write the agent down; one who is known keeps their password."""
    with runtime.open_database(home.path()) as database:
        runtime.require_founded(database)
        if args.forget_second_factor:
            return _forget(args.email)
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


def _forget(email: str) -> int:
    """Take away a second factor; the next log-in of an agent asks for another."""
    from cvq.access.models import User
    from cvq.access.second_factor import forget

    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        raise Unknown(f"Personne ne se connecte avec l'adresse « {email} ».")
    had_one = forget(user)
    print(f"{email} : {'second facteur oublié' if had_one else 'aucun second facteur'}.")
    return 0
