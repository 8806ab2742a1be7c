"""What is done to persons, households and organisations; each service is one transaction."""

from cvq.people.services.dated import PeriodStartsTooEarly
from cvq.people.services.founding import (
    found_household,
    found_households,
    found_organisation,
    found_organisations,
    register_people,
    register_person,
)
from cvq.people.services.lives import (
    AnchorIsNotAMonday,
    HasAMainHousehold,
    NotAMember,
    add_member,
    agree_exception,
    end_membership,
    move_house,
    share_custodies,
    share_custody,
)
from cvq.people.services.quotients import (
    CivilStatusUnreadable,
    GivenStatus,
    NoConsent,
    NotAnAdultOfTheHousehold,
    consent_to_quotient,
    learn_quotient,
    record_quotient,
    record_quotients,
    refuse_quotient,
    withdraw_quotient_consent,
)
from cvq.people.services.sectors import (
    holder_of,
    holders_of,
    organisation_holders_of,
)

__all__ = [
    "AnchorIsNotAMonday",
    "CivilStatusUnreadable",
    "GivenStatus",
    "HasAMainHousehold",
    "NoConsent",
    "NotAMember",
    "NotAnAdultOfTheHousehold",
    "PeriodStartsTooEarly",
    "add_member",
    "agree_exception",
    "consent_to_quotient",
    "end_membership",
    "found_household",
    "found_households",
    "found_organisation",
    "found_organisations",
    "holder_of",
    "holders_of",
    "learn_quotient",
    "move_house",
    "organisation_holders_of",
    "record_quotient",
    "record_quotients",
    "refuse_quotient",
    "register_people",
    "register_person",
    "share_custodies",
    "share_custody",
    "withdraw_quotient_consent",
]
