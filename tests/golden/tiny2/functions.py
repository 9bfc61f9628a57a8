"""What the spec language does not say: a power."""

from __future__ import annotations

import pandas as pd


def body_surface_area(records: pd.DataFrame) -> pd.Series:
    """Body surface area (m2) by Du Bois and Du Bois, to 2 decimals."""
    area = 0.007184 * records["VSSTRESN"] ** 0.425 * records["_height"] ** 0.725
    return area.round(2)
