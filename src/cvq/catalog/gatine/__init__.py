"""
Parthenay-Gâtine, built for the demonstration from data/gatine.yaml.

The numbers of its boxes follow the file; their keys are drawn and influence nothing else.
"""

from datetime import datetime
from pathlib import Path

from django.db import transaction

from cvq.catalog import france, services
from cvq.catalog.gatine import places
from cvq.catalog.gatine.plan import Plan
from cvq.catalog.gatine.written import read
from cvq.catalog.models import Regie

SIREN = "200041333"


@transaction.atomic
def found(*, at: datetime, devices: Path) -> bool:
    """
    Build the sites, services, points, boxes and tariffs of Parthenay-Gâtine, once.

    `at` is when the boxes are enrolled: what they tell of before is parked.  Their keys go into
    the folder `devices`.  Says whether anything was built.
    """
    written = read()
    if Regie.objects.filter(code=written.regie.code).exists():
        return False
    services.found_territory(siren=SIREN)
    services.know_communes(members=[france.commune(insee) for insee in written.neighbours])
    plan = Plan(written, at=at, devices=devices)
    for lay in places.ALL:
        lay(plan)
    plan.write()
    return True
