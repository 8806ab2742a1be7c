"""What is done to rights; each service is one transaction."""

from cvq.rights.services.access import (
    create_group,
    join_group,
    join_group_many,
    leave_group,
    set_schedules,
)
from cvq.rights.services.grants import (
    NotACarnet,
    RightEnded,
    define_products,
    end_right,
    grant_many,
    grant_pass,
    sell_carnet,
    sell_carnets,
)
from cvq.rights.services.quotas import (
    DerogationUnknown,
    derogate,
    end_derogations,
    open_quotas,
    open_quotas_ahead,
    waste_visits,
)

__all__ = [
    "DerogationUnknown",
    "NotACarnet",
    "RightEnded",
    "create_group",
    "define_products",
    "derogate",
    "end_derogations",
    "end_right",
    "grant_many",
    "grant_pass",
    "join_group",
    "join_group_many",
    "leave_group",
    "open_quotas",
    "open_quotas_ahead",
    "sell_carnet",
    "sell_carnets",
    "set_schedules",
    "waste_visits",
]
