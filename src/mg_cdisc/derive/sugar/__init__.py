"""Sugar: short forms for lines that come back, each of which expands into plain steps.

Sugar is YAML to YAML: ``mg-cdisc spec show`` prints what it expands into, and nothing else exists
of it afterwards.
"""

from __future__ import annotations

from mg_cdisc.derive.sugar.base import Sugar, SugarContext
from mg_cdisc.derive.sugar.days import Epoch, LastBeforeExposure, StudyDay
from mg_cdisc.derive.sugar.events import TimeToEvent
from mg_cdisc.derive.sugar.instruments import Instruments
from mg_cdisc.derive.sugar.visits import Visit

SUGAR: dict[str, type[Sugar]] = {
    "study_day": StudyDay,
    "epoch": Epoch,
    "visit": Visit,
    "last_before_exposure": LastBeforeExposure,
    "instruments": Instruments,
    "time_to_event": TimeToEvent,
}

__all__ = [
    "SUGAR",
    "Epoch",
    "Instruments",
    "LastBeforeExposure",
    "StudyDay",
    "Sugar",
    "SugarContext",
    "TimeToEvent",
    "Visit",
]
