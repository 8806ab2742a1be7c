"""What is kept of people: who they are, and what they tell of their means."""

from cvq.people.models.creches import (
    CrecheResources,
    PublicCare,
    ResourcesCall,
    ResourcesSource,
)
from cvq.people.models.persons import (
    CustodyCalendar,
    CustodyException,
    Household,
    HouseholdMember,
    Organisation,
    OrganisationKind,
    Person,
    Residence,
    Role,
    SectorIdentifier,
)
from cvq.people.models.quotients import (
    CIVIL_STATUS,
    CallOutcome,
    Quotient,
    QuotientCall,
    QuotientConsent,
    QuotientSource,
    Sex,
)

__all__ = [
    "CIVIL_STATUS",
    "CallOutcome",
    "CrecheResources",
    "CustodyCalendar",
    "CustodyException",
    "Household",
    "HouseholdMember",
    "Organisation",
    "OrganisationKind",
    "Person",
    "PublicCare",
    "Quotient",
    "QuotientCall",
    "QuotientConsent",
    "QuotientSource",
    "Residence",
    "ResourcesCall",
    "ResourcesSource",
    "Role",
    "SectorIdentifier",
    "Sex",
]
