"""The town behind the pages: three weeks that it has lived, and who may log in."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.test import Client

from cvq.access.models import Assignment, Role, User
from cvq.catalog.models import Authority
from cvq.childcare.services import charge_days
from cvq.people.models import Person
from town import TODAY, ZONE, Town

PASSWORD = "haie-verger-chemin"
WEEKS_LIVED = 3


@dataclass
class Pages:
    """The town, and where its pages are."""

    town: Town
    address: str

    def user(self, email: str, person: Person | None = None) -> User:
        """Write down somebody who may log in."""
        return User.objects.create_user(email, PASSWORD, person=person)

    def agent(self, email: str, role: Role = Role.COUNTER, authority: Any = None) -> User:
        """Write down an agent of an authority, or of the community."""
        user = self.user(email)
        self.assign(user, role, authority)
        return user

    def assign(self, user: User, role: Role, authority: Any = None) -> None:
        """Give somebody a role for an authority, or for the community."""
        Assignment.objects.create(
            user=user,
            role=role,
            authority=authority or Authority.objects.get(pk=self.town.regie.authority_id),
            valid_from=date(2024, 1, 1),
        )

    def parent(self, family: str = "Petit") -> User:
        """Return the parent of a family, who may log in."""
        household = self.town.households[family]
        adult = household.members.get(role="ADULT").person
        known = User.objects.filter(person=adult).first()
        return known or self.user(f"{family.lower()}@exemple.fr", adult)

    def client(self, user: User | None = None) -> Client:
        """Return a browser without a screen, logged in or not."""
        client = Client()
        if user is not None:
            client.force_login(user)
        return client


def live(town: Town) -> None:
    """Let two families live: the Petits with Léo and Lou, the Blancs alone."""
    town.family("Petit", card="012-00001")
    for first_name, number in (("Léo", "012-00002"), ("Lou", "012-00003")):
        town.child("Petit", first_name, card=number)
        for where in ("Cantine", "Garderie", "École"):
            town.enrol(number, where)
    town.family("Blanc", card="012-00009", topped_up="8,00")
    first = TODAY - timedelta(weeks=WEEKS_LIVED, days=TODAY.weekday())
    town.today = first
    town.top_up("Petit", "120,00")
    for place in range((TODAY - first).days):
        town.today = first + timedelta(days=place)
        if town.today.weekday() in {0, 1, 3, 4}:
            for number in ("012-00002", "012-00003"):
                town.tap(number, where="Cantine", at="12:05")
        if town.today.weekday() == 5:
            town.tap("012-00001", where="GâtinéO", at="15:01")
    town.today = TODAY
    charge_days(town.connection, until=TODAY - timedelta(days=1), at=town.at("07:00"), zone=ZONE)
    town.tap("012-00002", where="Garderie", at="07:45")
    town.tap("012-00003", where="Garderie", at="07:46")
