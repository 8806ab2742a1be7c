"""What is done to persons, households and organisations; each service is one transaction."""

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
    PeriodStartsTooEarly,
    add_member,
    agree_exception,
    end_membership,
    move_house,
    record_quotient,
    record_quotients,
    share_custodies,
    share_custody,
)
from cvq.people.services.sectors import (
    holder_of,
    holders_of,
    organisation_holders_of,
)

__all__ = [
    "AnchorIsNotAMonday",
    "HasAMainHousehold",
    "NotAMember",
    "PeriodStartsTooEarly",
    "add_member",
    "agree_exception",
    "end_membership",
    "found_household",
    "found_households",
    "found_organisation",
    "found_organisations",
    "holder_of",
    "holders_of",
    "move_house",
    "organisation_holders_of",
    "record_quotient",
    "record_quotients",
    "register_people",
    "register_person",
    "share_custodies",
    "share_custody",
]
