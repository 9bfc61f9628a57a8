"""Dates and times: reading, partial ISO 8601, comparison, SAS numbers, differences, imputation.

Functions take whole text arrays, usually the distinct values of a column, or float64 arrays, and
none of them looks at values one by one.
"""

from mg_cdisc.dates.arithmetic import (
    AgeUnit,
    age,
    days_between,
    months_between,
    study_day,
    weeks_between,
    years_between,
)
from mg_cdisc.dates.bounds import Precision, bounds, compare, order_key
from mg_cdisc.dates.civil import EARLIEST, LATEST
from mg_cdisc.dates.formats import (
    UNKNOWN_PARTS,
    DateFormat,
    FormatError,
    check_formats,
    compile_format,
)
from mg_cdisc.dates.impute import Imputed, ImputeError, impute
from mg_cdisc.dates.numeric import (
    from_date,
    from_datetime,
    from_time,
    to_date,
    to_datetime,
    to_time,
)
from mg_cdisc.dates.partial import PRECISIONS, is_duration, is_iso8601, truncate
from mg_cdisc.dates.reading import join_date_time, join_parts, read_dates

__all__ = [
    "EARLIEST",
    "LATEST",
    "PRECISIONS",
    "UNKNOWN_PARTS",
    "AgeUnit",
    "DateFormat",
    "FormatError",
    "ImputeError",
    "Imputed",
    "Precision",
    "age",
    "bounds",
    "check_formats",
    "compare",
    "compile_format",
    "days_between",
    "from_date",
    "from_datetime",
    "from_time",
    "impute",
    "is_duration",
    "is_iso8601",
    "join_date_time",
    "join_parts",
    "months_between",
    "order_key",
    "read_dates",
    "study_day",
    "to_date",
    "to_datetime",
    "to_time",
    "truncate",
    "weeks_between",
    "years_between",
]
